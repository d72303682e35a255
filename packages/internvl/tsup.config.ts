import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(
  packageBuild({
    entry: {
      index: "src/index.ts",
      worker: "src/worker.ts",
      "convert-command": "src/convert-command/index.ts",
      "bin/convert": "src/bin/convert.ts",
    },
    platform: "node",
  }),
);
