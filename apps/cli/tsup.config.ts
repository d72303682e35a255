import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

// A program and no library: nobody imports it, so it has no declarations.
export default defineConfig(packageBuild({ entry: ["src/main.ts"], platform: "node", dts: false }));
