import { nodeInference } from "@internvl/runtime-node";
import { openPage, serve } from "@internvl-tooling/browser";
import type { Shape } from "../checkpoint/shape.js";
import { inTurn } from "../measure.js";
import { type Row, row } from "../report.js";
import { PAGE } from "../web/page.js";
import { languageMatrices, PIECE, stepParts, tilePositions, visionMatrices } from "./matrices.js";
import { type Products, timeProducts } from "./operators.js";

/** Of the language model while it reads a prompt. */
const LAYERS = 4;
/** Of a step. More than the processor's caches hold, and less than a page can: weights are there twice while they load. */
const MOST_WEIGHTS = 5e8;

/** The same int8 products in Node and in Chromium. */
export async function pageRows(shape: Shape, threads: number, runs: number): Promise<Row[]> {
  const language = languageMatrices(shape, Math.min(LAYERS, shape.text.layers));
  const requests: Record<string, Products> = {
    "a tile": { kind: "int8", parts: visionMatrices(shape), rows: tilePositions(shape) },
    prefill: { kind: "int8", parts: language, rows: PIECE },
    decode: { kind: "int8", parts: stepParts(shape, MOST_WEIGHTS).parts, rows: 1 },
  };
  const server = await serve(PAGE);
  return openPage(server.origin, async (page) => {
    const rows: Row[] = [];
    for (const [name, request] of Object.entries(requests)) {
      const inPage = () =>
        page.evaluate(([asked, count]) => globalThis.tasks.products(asked, count), [request, threads] as const);
      const [ours, theirs] = await inTurn(
        [
          async () => ({ ms: await timeProducts(nodeInference, request, { threads }) }),
          async () => ({ ms: await inPage() }),
        ],
        runs,
        0,
      );
      const speed = (times: readonly number[]) => times.map((ms) => 1000 / ms);
      const node = row(`Node: ${name}, int8 products alone`, "1/s", speed(ours!["ms"]!));
      rows.push(node, row(`page: ${name}, int8 products alone`, "1/s", speed(theirs!["ms"]!), node));
    }
    return rows;
  }).finally(() => server.close());
}
