import { defineConfig } from "vite";

/** With these two, a page may share memory between threads, and wasm uses all cores. Send them where you deploy, too. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // The page works in any folder of a site.
  base: "./",
  server: { headers },
  preview: { headers },
  // Both start workers and find files beside themselves, from where the development server would move them.
  optimizeDeps: { exclude: ["internvl", "@internvl/runtime-web", "onnxruntime-web"] },
  worker: { format: "es" },
});
