import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type Plugin, type TestProjectConfiguration } from "vitest/config";
import { CHROMIUM_FLAGS, findChromium, ISOLATION_HEADERS, SOFTWARE_WEBGPU } from "./tooling/scripts/chromium.mjs";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));
const chromium = findChromium();

const node: TestProjectConfiguration = {
  extends: true,
  test: {
    name: "node",
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tooling/*/test/**/*.test.ts"],
  },
};

const STRICT = "default-src 'none'; connect-src 'self'; worker-src 'self'; script-src 'self'";

/** The policies of scripts of workers, by name. The page itself belongs to vitest, whose inline scripts need none. */
const POLICIES: readonly [RegExp, string][] = [
  [/\/policy\/strict-worker\.ts/, `${STRICT} 'wasm-unsafe-eval'`],
  [/\/policy\/no-wasm-worker\.ts/, STRICT],
];

const contentSecurityPolicies: Plugin = {
  name: "content-security-policies",
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const policy = POLICIES.find(([script]) => script.test(request.url ?? ""))?.[1];
      if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
      next();
    });
  },
};

/** What runs in a real browser; where there is none it is left out, and `npm test` says so. */
function inChromium(
  name: string,
  include: readonly string[],
  { flags, headers }: BrowserSettings = {},
): TestProjectConfiguration {
  return {
    extends: true,
    server: { headers },
    plugins: [contentSecurityPolicies],
    // The engine finds its wasm beside itself, which Vite's bundling of dependencies would move.
    optimizeDeps: { exclude: ["onnxruntime-web"] },
    test: {
      name,
      include: [...include],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { executablePath: chromium, args: [...CHROMIUM_FLAGS, ...(flags ?? [])] },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

interface BrowserSettings {
  flags?: string[];
  headers?: Record<string, string>;
}

/** Suites of plain TypeScript whose numbers must be the same in every engine. */
const PLATFORM_FREE = ["packages/generation/test/*.test.ts", "packages/image-processor/test/passes.test.ts"];

const browsers = [
  inChromium("browser", ["packages/*/test-browser/*.test.ts", ...PLATFORM_FREE], { headers: ISOLATION_HEADERS }),
  inChromium("browser-webgpu", ["packages/*/test-browser/webgpu/*.test.ts"], {
    flags: SOFTWARE_WEBGPU,
    headers: ISOLATION_HEADERS,
  }),
  // A page as most servers send it.
  inChromium("browser-not-isolated", ["packages/*/test-browser/not-isolated/*.test.ts"]),
];

/** Built pages, opened in Chromium by a program of Node's. */
const pages: TestProjectConfiguration = {
  extends: true,
  test: {
    name: "pages",
    include: ["{packages,apps,tooling}/*/test-chromium/**/*.test.ts"],
    // Two programs at a busy machine's mercy: once more before it counts. The report names what was tried twice.
    retry: 1,
  },
};

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
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: chromium === undefined ? [node] : [node, ...browsers, pages],
  },
});
