import { expect, test } from "vitest";
import { DEFAULT_NAMES } from "../src/benchmarks/index.js";
import { type Report, row } from "../src/report.js";
import { evaluateTargets } from "../src/targets/evaluate.js";
import { rowsIn } from "../src/targets/note.js";
import { figuresAsMarkdown, formatOutcomes, outcomeToJson } from "../src/targets/show.js";
import { TARGETS, type Target } from "../src/targets/targets.js";

const report: Report = {
  benchmark: "decode",
  setting: { threads: 2 },
  rows: [row("decode at 100", "tok/s", [40, 30, 50]), row("peer: decode at 100", "tok/s", [20, 25, 10])],
  absent: { "llama-bench": "no llama-bench (--llama-bench)" },
};
const ratio: Target = {
  what: "decode, q4",
  benchmark: "decode",
  ours: "decode at 100",
  against: "peer: decode at 100",
  atLeast: 2,
};
const evaluate = (changes: Partial<Target>, reports: readonly Report[] = [report]) =>
  evaluateTargets([{ ...ratio, ...changes }], reports)[0]!;

test("a ratio is median over median, and its limit belongs to what meets it", () => {
  expect(evaluate({})).toMatchObject({ value: 2, status: "met" });
  expect(evaluate({ atLeast: 2.01 })).toMatchObject({ value: 2, status: "missed" });
  const { atLeast: _, ...upper } = ratio;
  expect(evaluateTargets([{ ...upper, atMost: 2 }], [report])[0]).toMatchObject({ status: "met" });
  expect(evaluateTargets([{ ...upper, atMost: 1.99 }], [report])[0]).toMatchObject({ status: "missed" });
});

test("a figure without a peer has its limit itself", () => {
  const absolute = { against: undefined, atLeast: 40 };
  expect(evaluate(absolute)).toMatchObject({ value: 40, status: "met" });
  expect(evaluate({ ...absolute, atLeast: 41 })).toMatchObject({ value: 40, status: "missed" });
});

test("a figure below zero is below every upper limit", () => {
  const below: Report = {
    benchmark: "convert",
    setting: {},
    rows: [row("peak beside the largest tensor", "MB", [-45])],
  };
  const target = { what: "peak", benchmark: "convert", ours: "peak beside the largest tensor", atMost: 500 };
  expect(evaluateTargets([target], [below])[0]).toMatchObject({ value: -45, status: "met" });
});

test("the reason of a miss stands beside a miss only", () => {
  expect(evaluate({ whenMissed: "because" }).note).toBeUndefined();
  expect(evaluate({ atLeast: 3, whenMissed: "because" }).note).toBe("because");
});

const limits: Report = {
  benchmark: "limits",
  setting: {},
  rows: [row("a step: products alone", "ms", [5, 4, 90]), row("decode at 100: alone", "tok/s", [50])],
};

test("the reason of a miss has figures and ratios of the same run", () => {
  const whenMissed =
    "{limits: a step: products alone}, at best {limits: decode at 100: alone / decode: peer: decode at 100} x";
  expect(evaluate({ atLeast: 3, whenMissed }, [report, limits]).note).toBe("5.00 ms, at best 2.50 x");
});

test.each([
  ["{limits: a step: products alone}", "its limit was not measured: limits was not run"],
  ["{decode: llama-bench q4_0: decode at 100}", "its limit was not measured: no llama-bench (--llama-bench)"],
])("a reason whose figures were not measured says so: %s", (whenMissed, note) => {
  expect(evaluate({ atLeast: 3, whenMissed }).note).toBe(note);
});

test.each([
  [{ against: "llama-bench q4_0: decode at 100" }, "no llama-bench (--llama-bench)"],
  [{ ours: "decode at 99" }, 'no row "decode at 99" with these options'],
  [{ benchmark: "vision" }, "vision was not run"],
])("what was not measured says why: %j", (changes, note) => {
  const outcome = evaluate(changes);
  expect(outcome).toMatchObject({ status: "not measured", note });
  expect(outcome.value).toBeUndefined();
});

test("every target has one limit and a benchmark that runs by default", () => {
  for (const { what, benchmark, atMost, atLeast } of TARGETS) {
    expect(
      [atMost, atLeast].filter((limit) => limit !== undefined),
      what,
    ).toHaveLength(1);
    expect(DEFAULT_NAMES, what).toContain(benchmark);
  }
});

test("reasons name rows of benchmarks that run by default; those of targets are targets' own", () => {
  const known = TARGETS.flatMap(({ benchmark, ours, against = ours }) => [
    `${benchmark}: ${ours}`,
    `${benchmark}: ${against}`,
  ]);
  const named = TARGETS.flatMap(({ whenMissed = "" }) => rowsIn(whenMissed));
  expect(named.length).toBeGreaterThan(10);
  for (const { benchmark, what } of named) {
    expect(DEFAULT_NAMES).toContain(benchmark);
    if (benchmark !== "limits") expect(known).toContain(`${benchmark}: ${what}`);
  }
});

test("the table says ours, the peer's, the ratio, the goal and whether it is met", () => {
  const outcomes = [evaluate({}), evaluate({ ours: "nothing" })];
  expect(formatOutcomes(outcomes).split("\n").slice(2)).toEqual([
    "target            ours  against                          ratio   goal  status        note",
    "decode, q4  40.0 tok/s  peer: decode at 100: 20.0 tok/s   2.00  ≥ 2 x  met",
    'decode, q4              peer: decode at 100: 20.0 tok/s         ≥ 2 x  not measured  no row "nothing" with these options',
  ]);
  expect(figuresAsMarkdown({ cpu: "x" }, [report], outcomes).split("\n")).toEqual([
    "cpu: x",
    "",
    "| target | ours | against | ratio | goal | status | note |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| decode, q4 | 40.0 tok/s | peer: decode at 100: 20.0 tok/s | 2.00 | ≥ 2 x | met |  |",
    '| decode, q4 |  | peer: decode at 100: 20.0 tok/s |  | ≥ 2 x | not measured | no row "nothing" with these options |',
    "",
    "- `decode`: threads 2",
  ]);
  expect(outcomeToJson(outcomes[0]!)).toEqual({
    what: "decode, q4",
    ours: "40.0 tok/s",
    against: "peer: decode at 100: 20.0 tok/s",
    value: 2,
    goal: "≥ 2 x",
    status: "met",
    note: "",
  });
});
