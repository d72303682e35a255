import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { measureSize } from "@internvl/web/scripts/measure-size.mjs";
import { openPage, serve } from "@internvl-tooling/browser";
import { type Dtype, InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn, timed } from "../measure.js";
import { type Row, row } from "../report.js";
import { PAGE } from "../web/page.js";
import { peakRendererBytes } from "../web/renderer-memory.js";
import { ADDRESSES } from "../web/requests.js";
import { measureSpeed, type SpeedRequest } from "../web/tasks.js";
import type { Workspace } from "../workspace.js";
import { type Benchmark, LONG_RUNS, MEGABYTE, NOTHING_KEPT, shapeText } from "./benchmark.js";
import { weightBytes } from "./memory.js";

const WEB_APP = join(dirname(createRequire(import.meta.url).resolve("@internvl/web/package.json")), "dist");
const STEPS = 16;
/** So that its checkpoint has about 500 MB in the shape of the 1B. */
const CONVERTED_LAYERS = 4;

/** The same graphs in Node and in Chromium: speed and memory; and a conversion in the page. */
export const web: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "int8";
  const { threads } = options;
  const context = Math.min(...options.contexts);
  const folder = await workspace.converted([dtype]);
  const request: SpeedRequest = { context, steps: STEPS };
  const runs = options.runs ?? LONG_RUNS;

  const server = await serve(PAGE, { folders: { [ADDRESSES.model]: folder } });
  const loadNode = () =>
    InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...NOTHING_KEPT });
  const node = await timed(loadNode);
  const { samples, loadMs, peak } = await openPage(server.origin, async (page) => {
    const loadMs = await page.evaluate(([name, count]) => globalThis.tasks.load(name, count), [
      dtype,
      threads,
    ] as const);
    const inPage = () => page.evaluate((asked): Promise<Figures> => globalThis.tasks.speed(asked), request);
    const samples = await inTurn([() => measureSpeed(node.result, request), inPage], runs);
    return { samples, loadMs, peak: peakRendererBytes() };
  }).finally(() => Promise.all([node.result.dispose(), server.close()]));

  const weights = row("weights", "MB", [(await weightBytes(folder, dtype)) / MEGABYTE]);
  return {
    benchmark: "web",
    setting: {
      shape: shapeText(options),
      weights: `${dtype}, random`,
      context,
      steps: `${STEPS} a run`,
      threads: threads,
    },
    rows: [
      ...compared("load", "s", [node.ms], [loadMs], (ms) => ms / 1000),
      ...compared("a tile", "tiles/s", samples[0]!["tile"]!, samples[1]!["tile"]!, (ms) => 1000 / ms),
      ...compared("prefill", "tok/s", samples[0]!["prefill"]!, samples[1]!["prefill"]!, (ms) => (context * 1000) / ms),
      ...compared("decode", "tok/s", samples[0]!["step"]!, samples[1]!["step"]!, (ms) => 1000 / ms),
      weights,
      ...(peak === undefined ? [] : [row("page: peak memory", "MB", [peak / MEGABYTE], weights)]),
      ...bundleRows(),
      ...(await conversion(workspace.with({ layers: CONVERTED_LAYERS }), dtype)),
    ],
  };
};

/** What a first visit of apps/web loads, gzip: its own scripts, and the worker with the library; without onnxruntime. */
function bundleRows(): Row[] {
  const { page, worker } = measureSize(WEB_APP);
  return [row("bundle: worker with the library", "KB", [worker / 1000]), row("bundle: page", "KB", [page / 1000])];
}

/** A line of Node's, and the page's against it. */
function compared(
  what: string,
  unit: string,
  node: readonly number[],
  page: readonly number[],
  convert: (ms: number) => number,
): [Row, Row] {
  const nodeRow = row(`Node: ${what}`, unit, node.map(convert));
  return [nodeRow, row(`page: ${what}`, unit, page.map(convert), nodeRow)];
}

/** A checkpoint from the server into the page's storage, in a page that has done nothing else. */
async function conversion(workspace: Workspace, dtype: Dtype): Promise<Row[]> {
  const checkpoint = await workspace.checkpoint();
  const { size } = await stat(join(checkpoint, "model.safetensors"));
  const server = await serve(PAGE, { folders: { [ADDRESSES.checkpoint]: checkpoint } });
  const { ms, peak } = await openPage(server.origin, async (page) => {
    const ms = await page.evaluate((name) => globalThis.tasks.convert(name), dtype);
    return { ms, peak: peakRendererBytes() };
  }).finally(() => server.close());
  const source = `${Math.round(size / MEGABYTE)} MB`;
  return [
    row(`page: ${source} converted`, "s", [ms / 1000]),
    row(`page: ${source} converted`, "MB/s", [size / MEGABYTE / (ms / 1000)]),
    ...(peak === undefined ? [] : [row("page: peak memory while converting", "MB", [peak / MEGABYTE])]),
  ];
}
