import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(packageBuild({ entry: { main: "src/main.ts", child: "src/child/main.ts" }, dts: false }));
