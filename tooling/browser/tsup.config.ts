import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

export default defineConfig(packageBuild({ platform: "node" }));
