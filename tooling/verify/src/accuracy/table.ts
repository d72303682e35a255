import { align } from "../align.js";
import type { Question } from "./heldout.js";
import { isCorrect } from "./score.js";

/** All answers of one way to run the model, in the order of the questions. */
export interface Answers {
  /** `"PyTorch"`, `"fp32"`, … */
  name: string;
  answers: readonly string[];
}

/** Correct answers in percent, 0 to 100. */
export function accuracy(questions: readonly Question[], { answers }: Answers): number {
  const correct = questions.filter((question, index) => isCorrect(question, answers[index]!)).length;
  return (100 * correct) / questions.length;
}

/** Answers that are those of PyTorch letter by letter, in percent. */
function identical(questions: readonly Question[], { answers }: Answers): number {
  const same = questions.filter(({ pytorch_answer }, index) => pytorch_answer === answers[index]).length;
  return (100 * same) / questions.length;
}

/**
 * One line a task and kind of picture, then all together: the accuracy of each way, for all but the first its difference
 * in percentage points, and the share of answers that are PyTorch's.
 */
export function accuracyTable(questions: readonly Question[], ways: readonly Answers[]): string {
  const header = [
    "task",
    "tiles",
    "asked",
    ...ways.flatMap(({ name }, index) => (index === 0 ? [name] : [name, "", "same"])),
  ];
  const rows = [header];
  const add = (task: string, tiles: string, wanted: (question: Question) => boolean): void => {
    const row = tableRow(questions, ways, wanted);
    if (row !== undefined) rows.push([task, tiles, ...row]);
  };
  const isOne = ({ max_tiles }: Question): boolean => max_tiles === 1;
  for (const task of new Set(questions.map((question) => question.task))) {
    add(task, "one", (question) => question.task === task && isOne(question));
    add(task, "several", (question) => question.task === task && !isOne(question));
  }
  add("all", "one", isOne);
  add("all", "several", (question) => !isOne(question));
  add("all", "all", () => true);
  return align(rows, 2);
}

function tableRow(
  questions: readonly Question[],
  ways: readonly Answers[],
  wanted: (question: Question) => boolean,
): string[] | undefined {
  const chosen = questions.filter(wanted);
  if (chosen.length === 0) return undefined;
  const parts = ways.map(({ name, answers }) => ({
    name,
    answers: answers.filter((_, index) => wanted(questions[index]!)),
  }));
  const reference = accuracy(chosen, parts[0]!);
  const cells = parts.flatMap((part, index) => {
    const percent = accuracy(chosen, part);
    const difference = percent - reference;
    const more = [`${difference < 0 ? "" : "+"}${difference.toFixed(1)}`, `${identical(chosen, part).toFixed(1)}%`];
    return [`${percent.toFixed(1)}%`, ...(index === 0 ? [] : more)];
  });
  return [String(chosen.length), ...cells];
}
