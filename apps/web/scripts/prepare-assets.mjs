// Puts what the page serves beside itself into public/: the demo model, converted, and its sample pictures.
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { convertFolder } from "internvl/convert-command";

const input = dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));
const assets = fileURLToPath(new URL("../public", import.meta.url));

// int8 throughout is what wasm computes fastest.
await convertFolder({ input, output: `${assets}/model`, dtype: ["int8"], force: true, verify: false });
cpSync(`${input}/samples`, `${assets}/samples`, { recursive: true });
