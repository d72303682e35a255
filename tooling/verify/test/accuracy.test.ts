import { expect, test } from "vitest";
import type { Question } from "../src/accuracy/heldout.js";
import { isCorrect } from "../src/accuracy/score.js";
import { accuracyTable } from "../src/accuracy/table.js";

test.each([
  ["count", "3", "3", true],
  ["count", "3", "3.", false],
  ["read", "STOP", "stop", false],
  ["box", "<box>[[0, 0, 100, 100]]</box>", "<box>[[0, 0, 100, 100]]</box>", true],
  // 60 of 100 rows: 0.6.
  ["box", "[[0, 0, 100, 100]]", "[[0, 0, 100, 60]]", true],
  // Exactly a half does not do.
  ["box", "[[0, 0, 100, 100]]", "[[0, 0, 100, 50]]", false],
  ["textbox", "[[0, 0, 10, 10]]", "[[20, 20, 30, 30]]", false],
  ["textbox", "[[0, 0, 10, 10]]", "no box", false],
  // The first match counts.
  ["box", "[[0, 0, 10, 10]]", "[[0, 0, 10, 10]] [[50, 50, 60, 60]]", true],
  ["box", "[[5, 5, 5, 5]]", "[[5, 5, 5, 5]]", false],
])("%s: %s answered with %s is %s", (task, answer, given, expected) => {
  expect(isCorrect({ task, answer }, given)).toBe(expected);
});

test("the table has a line a task and kind of picture", () => {
  const row = (task: string, max_tiles: number): Question => {
    return { file: "a.png", max_tiles, task, question: "?", answer: "yes", pytorch_answer: "yes" };
  };
  const questions = [row("yesno", 1), row("yesno", 1), row("read", 6)];
  const ways = [
    { name: "PyTorch", answers: ["yes", "yes", "yes"] },
    { name: "q4", answers: ["yes", "no", "yes"] },
  ];
  expect(accuracyTable(questions, ways).split("\n")).toEqual([
    "task   tiles    asked  PyTorch      q4           same",
    "yesno  one          2   100.0%   50.0%  -50.0   50.0%",
    "read   several      1   100.0%  100.0%   +0.0  100.0%",
    "all    one          2   100.0%   50.0%  -50.0   50.0%",
    "all    several      1   100.0%  100.0%   +0.0  100.0%",
    "all    all          3   100.0%   66.7%  -33.3   66.7%",
  ]);
});
