import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

/** The browser's build with everything in it but onnxruntime's .wasm files: for pages without a bundler. */
export default defineConfig(
  packageBuild({
    entry: { internvl: "src/browser.ts", "browser-worker": "src/browser-worker.ts" },
    outDir: "dist/standalone",
    platform: "browser",
    noExternal: [/./],
    // The engines are fetched when they are needed, each from a file of its own, which is its threads' script as well.
    splitting: true,
    minify: true,
    sourcemap: false,
    dts: false,
    clean: false,
  }),
);
