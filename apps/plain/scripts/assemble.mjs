// Puts the page's folder together in dist/: what a person without a build step copies by hand (README.md).
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { convertFolder } from "internvl/convert-command";

const require = createRequire(import.meta.url);
const site = fileURLToPath(new URL("../dist", import.meta.url));

rmSync(site, { recursive: true, force: true });
mkdirSync(site);
cpSync(fileURLToPath(new URL("../index.html", import.meta.url)), `${site}/index.html`);
cpSync(dirname(require.resolve("internvl/standalone/internvl.js")), `${site}/internvl`, {
  recursive: true,
});
cpSync(require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"), `${site}/internvl/ort-wasm-simd-threaded.wasm`);

// int8 throughout is what wasm computes fastest.
const input = dirname(require.resolve("@internvl/demo-model/config.json"));
await convertFolder({ input, output: `${site}/model`, dtype: ["int8"], verify: false });
