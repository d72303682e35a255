// How much JavaScript a first visit loads: the page's own, and that of the worker, which starts beside it.
import { fileURLToPath } from "node:url";
import { measureSize } from "./measure-size.mjs";

const { page, worker, files } = measureSize(fileURLToPath(new URL("../dist", import.meta.url)));
for (const { name, bytes, part } of files) console.log(`${(bytes / 1000).toFixed(1).padStart(8)} KB  ${part}  ${name}`);
console.log(`${(page / 1000).toFixed(1).padStart(8)} KB  page in all, gzip`);
console.log(`${(worker / 1000).toFixed(1).padStart(8)} KB  worker in all, gzip, without onnxruntime`);
