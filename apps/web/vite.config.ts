import { defineConfig } from "vite";
import { keptFiles } from "./kept-files.js";

/** With these two, a page may share memory between threads, and wasm uses all cores. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // The page works in any folder of a site.
  base: "./",
  server: { headers },
  preview: { headers },
  // They start workers and find files beside themselves, from where the development server would move them.
  optimizeDeps: { exclude: ["internvl", "@internvl/runtime-web", "onnxruntime-web"] },
  worker: {
    format: "es",
    // Conversion and tokenizer.model need it, and otherwise nobody fetches it.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "protobuf", test: /@bufbuild/ }] } } },
  },
  plugins: [keptFiles()],
  build: {
    target: "es2022",
    rollupOptions: {
      input: { index: "index.html", "service-worker": "src/offline/service-worker.ts" },
      output: {
        // A service worker's name stays, and its folder is the one that it serves.
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
