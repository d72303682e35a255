import { packageBuild } from "@internvl-tooling/tsup";
import { defineConfig } from "tsup";

/** Into the folder of the other build, which has emptied it and runs before. */
export default defineConfig(
  packageBuild({ entry: { browser: "src/browser.ts", "browser-worker": "src/browser-worker.ts" }, clean: false }),
);
