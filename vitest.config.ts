import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

export default defineConfig({
  // Tests import each package by its public name and get its source: nothing has to be built before a test runs.
  resolve: {
    alias: [
      { find: /^internvl$/, replacement: `${packages}internvl/src/index.ts` },
      { find: /^@internvl\/([^/]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@internvl\/([^/]+)\/([^/]+)$/, replacement: `${packages}$1/src/$2/index.ts` },
    ],
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tooling/*/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
