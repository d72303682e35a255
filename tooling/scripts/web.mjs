// `npm run web`: builds the page of apps/web, serves it with the headers that threads need, and prints the address.
// `--port N` another port than 4173 (the next free one is taken), `--dev` Vite's development server instead.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, install, root } from "./prepare.mjs";

const { values } = parseArgs({ options: { port: { type: "string" }, dev: { type: "boolean", default: false } } });
const port = Number(values.port ?? 4173);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`--port takes a number from 0 to 65535, not ${values.port}.`);
  process.exit(2);
}

install();
console.log("Building…");
build(["@internvl/web"]);

const folder = `${root}apps/web`;
const vite = createRequire(`${folder}/package.json`).resolve("vite");
const { createServer, preview } = await import(pathToFileURL(vite).href);
const server = values.dev
  ? await (await createServer({ root: folder, server: { port } })).listen()
  : await preview({ root: folder, preview: { port } });
console.log(`\n  ${server.resolvedUrls.local[0]}\n\nCtrl-C ends it.`);
