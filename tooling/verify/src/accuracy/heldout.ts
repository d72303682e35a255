import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A question about a drawn scene that the demo model has not seen. */
export interface Question {
  /** Relative to the held-out folder. */
  file: string;
  /** Limit of the dynamic tiling: 1, or several with the thumbnail. */
  max_tiles: number;
  task: string;
  question: string;
  answer: string;
  /** What the model answers in PyTorch, in float32. */
  pytorch_answer: string;
}

/** @param limit at most so many questions, spread over all of them */
export function readQuestions(folder: string, limit = Number.POSITIVE_INFINITY): Question[] {
  const path = join(folder, "heldout.json");
  if (!existsSync(path)) throw new Error(`There is no ${path}: tooling/demo-training/README.md says how it is made`);
  const { questions } = JSON.parse(readFileSync(path, "utf8")) as { questions: Question[] };
  const step = Math.max(1, questions.length / limit);
  const count = Math.min(questions.length, limit);
  return Array.from({ length: count }, (_, index) => questions[Math.floor(index * step)]!);
}
