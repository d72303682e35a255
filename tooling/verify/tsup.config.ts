import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(
  packageBuild({
    entry: ["src/main.ts", "src/accuracy.ts", "src/losses.ts", "src/reference.ts"],
    platform: "node",
    dts: false,
  }),
);
