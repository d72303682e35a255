/**
 * The arrows between packages, as CONTRIBUTING.md draws them. Whatever is not named here is refused, so a new package
 * names its arrows or imports nothing.
 */
const ARROWS = {
  core: [],
  config: ["core"],
  "image-processor": ["core"],
  processor: ["core", "image-processor"],
  generation: ["core"],
  model: ["core", "config", "generation", "processor", "onnx"],
  video: ["core"],
  "runtime-node": ["core", "video"],
  "runtime-web": ["core", "video"],
  onnx: ["core"],
  convert: ["core", "config", "processor", "onnx"],
  internvl: [
    "core",
    "config",
    "image-processor",
    "processor",
    "generation",
    "model",
    "convert",
    "runtime-node",
    "runtime-web",
  ],
};

const arrows = Object.entries(ARROWS).map(([name, allowed]) => ({
  name: `arrows-of-${name}`,
  comment: `packages/${name} may import ${allowed.join(", ") || "no other package"}`,
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: "^packages/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: "platform-at-the-edges",
      comment: "Only runtimes, the facade, apps and tooling touch the platform",
      severity: "error",
      from: {
        path: "^packages/",
        pathNot:
          "^packages/(runtime-node|internvl|demo-model)/|^packages/runtime-web/src/runtime-files/|/test(-chromium)?/|tsup.config.ts$",
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "onnxruntime-at-the-edges",
      comment: "No package but a runtime imports onnxruntime's engines",
      severity: "error",
      from: { path: "^(packages|apps)/", pathNot: "^packages/runtime-[a-z]+/|/test(-browser)?/" },
      to: { path: "onnxruntime-(node|web)" },
    },
    {
      name: "library-below-apps",
      comment: "The library does not know the programs over it",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "^(apps|tooling)/" },
    },
    {
      name: "no-circles",
      severity: "error",
      from: { pathNot: "/gen/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|fixtures|node_modules/(?!@internvl))/|demo-training" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
