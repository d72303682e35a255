import type { Question } from "./heldout.js";

type Box = readonly [left: number, top: number, right: number, bottom: number];

const BOX_TASKS: readonly string[] = ["box", "textbox"];
const BOX = /\[\[(\d+), (\d+), (\d+), (\d+)\]\]/;
const MIN_OVERLAP = 0.5;

/**
 * Whether an answer is right: the true one, letter by letter; for boxes, the first one in the answer overlaps the true one
 * with an intersection over union above 0.5. The rule of tooling/demo-training/README.md.
 */
export function isCorrect({ task, answer }: Pick<Question, "task" | "answer">, given: string): boolean {
  if (!BOX_TASKS.includes(task)) return given === answer;
  const [got, expected] = [readBox(given), readBox(answer)];
  return got !== undefined && expected !== undefined && intersectionOverUnion(got, expected) > MIN_OVERLAP;
}

function readBox(text: string): Box | undefined {
  return BOX.exec(text)?.slice(1).map(Number) as unknown as Box | undefined;
}

function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const union = area(a) + area(b) - width * height;
  return union > 0 ? (width * height) / union : 0;
}

function area([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top);
}
