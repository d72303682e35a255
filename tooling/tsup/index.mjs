/**
 * The build of every package: ES modules and their types, nothing bundled that package.json names as a dependency.
 *
 * @param {import("tsup").Options} options what differs, usually just `entry`
 * @returns {import("tsup").Options}
 */
export function packageBuild(options = {}) {
  return {
    entry: ["src/index.ts"],
    format: ["esm"],
    target: "es2022",
    platform: "neutral",
    // tsup passes `baseUrl`, which TypeScript 6 deprecates, to its declaration build.
    dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    ...options,
  };
}
