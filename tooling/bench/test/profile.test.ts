import { expect, test } from "vitest";
import { attribute } from "../src/profile/attribute.js";
import { runsOf, type TraceEvent } from "../src/profile/trace.js";

function kernel(name: string, op_name: string, ts: number, dur: number): TraceEvent {
  return { cat: "Node", name: `${name}_kernel_time`, ts, dur, args: { op_name } };
}

const events: TraceEvent[] = [
  { cat: "Session", name: "session_initialization", ts: 0, dur: 90, args: {} },
  kernel("layers/0/mlp/gate_proj/MatMul", "MatMul", 110, 400),
  // What an If runs is in the profile beside it.
  kernel("layers/0/self_attn/Softmax", "Softmax", 620, 100),
  kernel("layers/0/self_attn/If", "If", 610, 200),
  kernel("layers/1/mlp/gate_proj/MatMul", "MatMul", 820, 100),
  { cat: "Session", name: "model_run", ts: 100, dur: 900, args: {} },
  kernel("Add", "Add", 2010, 50),
  { cat: "Session", name: "model_run", ts: 2000, dur: 100, args: {} },
];

test("operators of all layers are added up by module, and an If has what its graph leaves", () => {
  const [first, second] = runsOf(events);
  expect(first!.ms).toBe(0.9);
  expect([...first!.operators]).toEqual([
    ["MatMul gate_proj", 0.5],
    ["If self_attn", 0.1],
    ["Softmax self_attn", 0.1],
  ]);
  expect([...second!.operators]).toEqual([["Add", 0.05]]);
});

test("what is not an operator's is onnxruntime's, a copy, or ours", () => {
  const runs = runsOf(events).map((run) => ({ ...run, graph: "decoder", phase: "step", callMs: run.ms + 0.5 }));
  const rows = attribute("step", runs, 4, 2).map(({ what, values, ratio }) => [what, values[0], ratio?.value]);
  expect(rows.map(([what]) => what)).toEqual([
    "step: whole",
    "step: MatMul gate_proj",
    "step: If self_attn",
    "step: Softmax self_attn",
    "step: Add",
    "step: 0 other operators",
    "step: between operators",
    "step: copies into and out of onnxruntime",
    "step: our own code",
  ]);
  const expected = [2, 0.25, 0.05, 0.05, 0.025, 0, 0.125, 0.5, 1];
  for (const [index, value] of expected.entries()) expect(rows[index]![1]).toBeCloseTo(value, 9);
  expect(rows.at(-1)![2]).toBeCloseTo(0.5, 9);
});
