// `node trim-fixtures.mjs SOURCE TARGET`: cuts a directory of golden data down to what the repository keeps as fixtures.
//
// Nothing of other projects comes along: pictures are those whose names start with `s_`, which were drawn for this one,
// and no published vocabulary. What JSON files name is in TARGET too, or the entry goes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Together about 7 MB, of at most 10 for everything: each kind of vision tower and language model, tied weights. */
const VARIANTS = ["tiny-1b-tied", "tiny-4b", "tiny-8b", "tiny-38b"];
/** Converted weights are as large as the checkpoint that they come from. */
const LEFT_OUT = ["hf/model.safetensors"];
const TOKENIZERS = ["tokenizer-qwen2", "tokenizer-internlm2"];
const WHOLE_FILES = ["chat.json", "real-configs.json", "tokenize-tiny-qwen2.json", "tokenize-tiny-internlm2.json"];
const MAX_PICTURE_BYTES = 60_000;
const MAX_DECODED_BYTES = 30_000;
const MAX_TILES_BYTES = 100_000;
const GRID_ROWS = 2000;
/** Of the cases with many large tiles, which take the time, one in so many. */
const KEPT_OF_MANY_TILES = 8;

const [source, target] = process.argv.slice(2);
if (target === undefined) {
  console.error("Usage: node trim-fixtures.mjs SOURCE TARGET");
  process.exit(1);
}
rmSync(target, { recursive: true, force: true });

const bytesOf = (path) => statSync(join(source, path)).size;
const readJson = (path) => JSON.parse(readFileSync(join(source, path), "utf8"));

/** Copies a file or a folder. The copy can be written to, though the source may be read-only. */
function copy(path) {
  const from = join(source, path);
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from)) copy(`${path}/${name}`);
    return;
  }
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), readFileSync(from));
}

/** One entry of the named lists a line, so that changes can be read. */
function writeJson(path, value, lists) {
  const text = Object.entries(value).map(([key, entry]) => {
    const lines = lists.includes(key)
      ? `[\n${entry.map((row) => JSON.stringify(row)).join(",\n")}\n]`
      : JSON.stringify(entry);
    return `${JSON.stringify(key)}: ${lines}`;
  });
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), `{\n${text.join(",\n")}\n}\n`);
}

/** Checkpoints, their numbers and the tiles that they look at. Returns the pictures that they name. */
function trimTiny() {
  const named = new Set();
  for (const variant of VARIANTS) {
    copy(`tiny/${variant}`);
    for (const path of LEFT_OUT) rmSync(join(target, "tiny", variant, path), { force: true });
    const { cases } = readJson(`tiny/${variant}/golden.json`);
    for (const input of Object.values(cases).flatMap((row) => row.pixel_inputs)) {
      copy(`tiny/inputs/${input}.png`);
      if (!input.includes(".max1.")) named.add(input.replace(/\.f\d+\.max\d+\.size\d+$/, ""));
    }
    const calls = `tiny/hf_processor_${variant}.json`;
    if (!existsSync(join(source, calls))) continue;
    copy(calls);
    for (const file of Object.values(readJson(calls).images)) named.add(file);
  }
  for (const tokenizer of TOKENIZERS) copy(`tiny/${tokenizer}`);
  return named;
}

function trimImages(named) {
  const { images, ...rest } = readJson("images.json");
  const kept = images.filter(
    ({ file, bytes }) => file.startsWith("s_") && (bytes <= MAX_PICTURE_BYTES || named.has(file)),
  );
  for (const row of kept) {
    copy(`images/${row.file}`);
    if (row.decoded_png === undefined) continue;
    if (bytesOf(row.decoded_png) <= MAX_DECODED_BYTES) copy(row.decoded_png);
    else delete row.decoded_png;
  }
  writeJson("images.json", { ...rest, images: kept }, ["images"]);
  return new Set(kept.map(({ file }) => file));
}

function trimPreprocess(files) {
  // The summary is about all cases.
  const { cases, summary, ...rest } = readJson("preprocess.json");
  const candidates = cases.filter(({ file }) => files.has(file));
  const kept = candidates.filter((row, index) => {
    const fast = row.tiles * row.size ** 2 <= 2 * 448 ** 2;
    return fast || row.full_tiles_png !== undefined || index % KEPT_OF_MANY_TILES === 0;
  });
  for (const row of kept) {
    if (row.full_tiles_png === undefined) continue;
    if (bytesOf(row.full_tiles_png) <= MAX_TILES_BYTES) copy(row.full_tiles_png);
    else delete row.full_tiles_png;
  }
  writeJson("preprocess.json", { ...rest, cases: kept }, ["cases"]);
}

function trimGrids() {
  const { rows, ...rest } = readJson("grids.json");
  const step = Math.ceil(rows.length / GRID_ROWS);
  writeJson("grids.json", { ...rest, rows: rows.filter((_, index) => index % step === 0) }, ["differences", "rows"]);
}

function totalBytes(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

for (const file of WHOLE_FILES) copy(file);
trimPreprocess(trimImages(trimTiny()));
trimGrids();
console.log(`${(totalBytes(target) / 1e6).toFixed(2)} MB in ${target}`);
