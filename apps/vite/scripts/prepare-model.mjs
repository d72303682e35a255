// Converts the demo model into public/model, where the page finds it, and lists its files: web servers do not.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertCheckpoint, openModel, openSink } from "internvl";

const source = dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));
const folder = fileURLToPath(new URL("../public/model/", import.meta.url));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
// int8 throughout is what wasm computes fastest.
await convertCheckpoint(await openModel(source), await openSink(folder), { dtype: "int8" });
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
const names = paths.map((path) => path.slice(folder.length).replaceAll("\\", "/"));
await writeFile(join(folder, "files.json"), JSON.stringify(names.sort()));
