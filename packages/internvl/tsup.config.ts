import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(
  packageBuild({ entry: ["src/index.ts", "src/worker.ts", "src/bin/convert.ts"], platform: "node" }),
);
