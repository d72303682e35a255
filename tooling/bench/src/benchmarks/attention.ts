import { GraphBuilder, serializeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { CACHE_FORMS } from "../attention/cache-forms.js";
import { feedsFor } from "../attention/feeds.js";
import { TILE_FORMS } from "../attention/tile-forms.js";
import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { PIECE, tilePositions } from "../limits/matrices.js";
import { type Figures, inTurn, processorTime } from "../measure.js";
import { type Row, row } from "../report.js";
import { type Benchmark, SHORT_RUNS, shapeText } from "./benchmark.js";

/** Of what takes far less than the clock of processor time can tell. */
const STEPS = 30;

type Forms<Sizes> = Readonly<Record<string, (g: GraphBuilder, sizes: Sizes) => void>>;

/**
 * One layer's attention in the form of the library's graphs and in others: of a tile, of a piece of a prompt, and of a step.
 * On one thread and in processor time, so that other programs hardly count.
 */
export const attention: Benchmark = async (options, _workspace) => {
  const { vision, text } = cutShape(SHAPES[options.shape], options.layers);
  const runs = options.runs ?? SHORT_RUNS;
  const positions = tilePositions(SHAPES[options.shape]);
  const tile = { heads: vision.heads, positions, width: vision.hidden / vision.heads };
  const rows = await compareForms("a tile", TILE_FORMS, tile, 1, runs);
  const { heads, keyValueHeads } = text;
  for (const past of options.contexts) {
    const cached = { heads, keyValueHeads, width: text.hidden / heads, past };
    const piece = { ...cached, fresh: PIECE };
    rows.push(...(await compareForms(`${PIECE} tokens after ${past}`, CACHE_FORMS, piece, 1, runs)));
    rows.push(...(await compareForms(`1 token after ${past}`, CACHE_FORMS, { ...cached, fresh: 1 }, STEPS, runs)));
  }
  const setting = { shape: shapeText(options), figure: "processor time of one layer", threads: 1 };
  return { benchmark: "attention", setting, rows };
};

async function compareForms<Sizes>(
  what: string,
  forms: Forms<Sizes>,
  sizes: Sizes,
  times: number,
  runs: number,
): Promise<Row[]> {
  const sessions = await Promise.all(Object.values(forms).map((form) => openForm(form, sizes)));
  try {
    const tasks = sessions.map((session) => {
      const feeds = feedsFor(session);
      return async (): Promise<Figures> => {
        const ms = await processorTime(async () => {
          for (let time = 0; time < times; time++) await session.run(feeds, { fetches: ["mixed"] });
        });
        return { ms: ms / times };
      };
    });
    const samples = await inTurn(tasks, runs);
    const [first, ...others] = Object.keys(forms);
    const ours = row(`${what}: ${first}`, "ms", samples[0]!["ms"]!);
    return [ours, ...others.map((name, index) => row(`${what}: ${name}`, "ms", samples[index + 1]!["ms"]!, ours))];
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** One form as a graph. */
export async function openForm<Sizes>(form: (g: GraphBuilder, sizes: Sizes) => void, sizes: Sizes) {
  const g = new GraphBuilder({ name: "attention" });
  form(g, sizes);
  return nodeInference.createSession({ bytes: await serializeModel(g) }, { threads: 1 });
}
