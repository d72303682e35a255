import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

/** Into the folder of the other build, which has emptied it and runs before. */
export default defineConfig(
  packageBuild({
    entry: { "runtime-files": "src/runtime-files/index.ts", "bin/web-files": "src/runtime-files/command.ts" },
    platform: "node",
    clean: false,
  }),
);
