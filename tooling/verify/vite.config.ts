import { defineConfig } from "vite";

// The page of `verify --browser`, beside the program that serves it.
export default defineConfig({
  build: { outDir: "dist/page", emptyOutDir: true, target: "es2022" },
  worker: { format: "es" },
});
