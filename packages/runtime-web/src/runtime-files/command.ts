#!/usr/bin/env node
import { copyRuntimeFiles } from "./index.js";

// internvl-web-files DIR

const [directory, ...more] = process.argv.slice(2);
if (directory === undefined || directory.startsWith("-") || more.length > 0) {
  console.error(
    "Usage: internvl-web-files DIR\nCopies onnxruntime-web's .wasm and .mjs files into a folder of your site.",
  );
  process.exitCode = 2;
} else {
  for (const copy of await copyRuntimeFiles(directory)) console.log(copy);
}
