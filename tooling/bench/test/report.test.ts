import { expect, test } from "vitest";
import { row, toJson } from "../src/report.js";
import { formatNumber, formatReport, formatRows } from "../src/table.js";

const copy = row("copy", "MB/s", [200, 100, 150]);
const convert = row("convert", "MB/s", [120, 60, 75], copy);

test("a ratio is median over median", () => {
  expect(convert.ratio).toEqual({ value: 0.5, to: "copy" });
});

test("a table lines its columns up", () => {
  expect(formatRows([copy, convert])).toBe(
    [
      "         median   min  max  runs  unit  ratio",
      "copy        150   100  200     3  MB/s",
      "convert    75.0  60.0  120     3  MB/s  0.500 x copy",
    ].join("\n"),
  );
});

test("numbers keep three digits, and cosines what they lack to 1", () => {
  expect([1234.5, 45.678, 1.23456, 0.012345, 0, 0.99943].map(formatNumber)).toEqual([
    "1235",
    "45.7",
    "1.23",
    "0.0123",
    "0",
    "0.99943",
  ]);
});

test("a report names what was measured, and its JSON holds every value", () => {
  const report = { benchmark: "convert", setting: { shape: "tiny", threads: 2 }, rows: [convert] };
  expect(formatReport(report).split("\n").slice(0, 2)).toEqual(["## convert", "shape tiny; threads 2"]);
  expect(toJson(report)).toMatchObject({
    benchmark: "convert",
    setting: { shape: "tiny", threads: 2 },
    rows: [{ what: "convert", unit: "MB/s", values: [120, 60, 75], median: 75, min: 60, max: 120, runs: 3 }],
  });
});
