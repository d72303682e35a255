// Converts the demo model into public/model, where the page finds it.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { convertFolder } from "internvl/convert-command";

const input = dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));
const output = fileURLToPath(new URL("../public/model", import.meta.url));

// int8 throughout is what wasm computes fastest.
await convertFolder({ input, output, dtype: ["int8"], force: true, verify: false });
