import { type Dtype, graphPath, InternVL2_5Config, resolveDtypes } from "@internvl/config";
import { openPage, serve } from "@internvl-tooling/browser";
import { type Figures, inTurn } from "../measure.js";
import { randomBits } from "../random.js";
import { type Row, row } from "../report.js";
import { PAGE } from "../web/page.js";
import { peakRendererBytes, residentRendererBytes } from "../web/renderer-memory.js";
import type { TokensRequest } from "../web/tasks.js";
import { type Benchmark, LONG_RUNS, MEGABYTE, shapeText } from "./benchmark.js";

type Page = Parameters<Parameters<typeof openPage>[1]>[0];

/** Steps of each run and way. */
const STEPS = 20;
/** Look-ups without the rest of a step. */
const LOOK_UPS = 200;

/** How a page looks embeddings up: by running the graph, or in the file that was chosen. */
const WAYS = [
  { name: "graph", device: { embed_tokens: "wasm" }, embeddings: "wasm" },
  { name: "file", device: undefined, embeddings: "file" },
] as const;

/** Of a number in the table. */
const BYTES: Readonly<Partial<Record<Dtype, number>>> = { fp32: 4, fp16: 2, int8: 1 };

type Way = (typeof WAYS)[number];

/** What a page gains and pays when it reads rows of the embeddings from a chosen file, where a graph would have them in memory. */
export const embeddings: Benchmark = async (options, workspace) => {
  const { threads, dtype = "int8", runs = LONG_RUNS } = options;
  const folder = await workspace.converted([dtype]);
  const { text_config, image_token_id } = await InternVL2_5Config.from_pretrained(folder);
  const length = Math.min(...options.contexts);
  const dtypes = resolveDtypes(dtype);
  const requests = Array.from({ length: runs + 1 }, (_, run) => requestOf(run, length, image_token_id));
  const server = await serve(PAGE);

  const loaded = <Result>({ device, embeddings }: Way, body: (page: Page, ms: number) => Promise<Result>) =>
    openPage(server.origin, async (page) => {
      await page.setInputFiles("input", folder);
      const load = await page.evaluate((settings) => globalThis.tasks.loadChosen(globalThis.chosen(), settings), {
        dtype,
        threads,
        ...(device && { device }),
      });
      if (load.embeddings !== embeddings) throw new Error(`The embeddings are in ${load.embeddings}.`);
      return body(page, load.ms);
    });
  const read = (page: Page, request: TokensRequest) =>
    page.evaluate((asked): Promise<Figures> => globalThis.tasks.readTokens(asked), request);

  try {
    // One page at a time, so that each is the largest.
    const memory = await inTurn(
      WAYS.map(
        (way) => async () =>
          loaded(way, async (page, ms): Promise<Figures> => {
            await read(page, requests[0]!);
            const [resident, peak] = [residentRendererBytes(), peakRendererBytes()];
            return { load: ms, resident: resident ?? Number.NaN, peak: peak ?? Number.NaN };
          }),
      ),
      runs,
      0,
    );
    const steps = await loaded(WAYS[0], (first) =>
      loaded(WAYS[1], (second) => {
        const next = [first, second].map((page) => {
          let run = 0;
          return () => read(page, requests[run++]!);
        });
        return inTurn(next, runs);
      }),
    );
    const alone = await openPage(server.origin, async (page) => {
      await page.setInputFiles("input", folder);
      return page.evaluate((asked) => globalThis.tasks.lookUps(globalThis.chosen(), asked), {
        graph: graphPath("embed_tokens", dtypes.embed_tokens),
        data: `${graphPath("embed_tokens", dtypes.embed_tokens)}_data`,
        threads,
        tokens: requestOf(runs + 1, LOOK_UPS, image_token_id).prompt,
        rowBytes: text_config.hidden_size * BYTES[dtypes.embed_tokens]!,
      });
    });
    const byGraph = row("graph: a token looked up, alone", "ms", alone.graph);
    const samples = memory.map((figures, index) => ({ ...figures, ...steps[index] }));
    const compared = (what: string, unit: string, name: string, scale: number): Row[] => {
      const [graph, file] = samples.map((each) => each[name]!.map((value) => value / scale));
      const against = row(`graph: ${what}`, unit, graph!);
      return [against, row(`file: ${what}`, unit, file!, against)];
    };
    return {
      benchmark: "embeddings",
      setting: { shape: shapeText(options), weights: `${dtype}, random`, steps: `${STEPS} a run`, threads },
      rows: [
        ...compared("load", "s", "load", 1000),
        ...(process.platform === "linux"
          ? [
              ...compared("memory of the page, resident behind the prompt", "MB", "resident", MEGABYTE),
              ...compared("memory of the page, at most", "MB", "peak", MEGABYTE),
            ]
          : []),
        ...compared(`prompt of ${length} tokens, all different`, "ms", "prompt", 1),
        ...compared("a step, its token read for the first time", "ms", "new", 1),
        ...compared("a step, its token read before", "ms", "again", 1),
        byGraph,
        row("file: a token looked up, alone", "ms", alone.file, byGraph),
        row("file: the same and 64 KB beside it", "ms", alone.wide, byGraph),
      ],
    };
  } finally {
    await server.close();
  }
};

/** Tokens from all over the vocabulary, which is the worst case: those of a text are near each other. */
function requestOf(seed: number, length: number, end: number): TokensRequest {
  const bits = randomBits(seed);
  const ids = () => bits() % end;
  return { prompt: Array.from({ length }, ids), tokens: Array.from({ length: STEPS }, ids) };
}
