import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(
  packageBuild({
    entry: { index: "src/index.ts", "contract/index": "src/contract/index.ts", "hub/index": "src/hub/index.ts" },
  }),
);
