import { describe, expect, test } from "vitest";
import { failureLines, GroupReport, summaryLine } from "../src/report.js";

describe("GroupReport", () => {
  test("says everything in one line", () => {
    const report = new GroupReport("forward");
    report.same("a", { x: [1], y: 2 }, { y: 2, x: [1] });
    report.close("b", [1, 2], [1, 2.5], 1);
    report.skip("InternLM2", 12);
    report.skip("dialect", 3);
    report.skip("none", 0);
    report.note("a note");
    expect(summaryLine(report.summary())).toBe(
      "forward: 2 passed, 0 failed, 15 skipped (12 InternLM2, 3 dialect), max |difference| 5.0e-1; a note",
    );
  });

  test.each([
    ["a number beyond the tolerance", [1, 2], [1, 2.2], "check [1]"],
    ["not a number", [Number.NaN, 2], [1, 2], "check [0]"],
    ["not a number among the expected", [1, 2], [1, Number.NaN], "check [1]"],
    ["infinity", [Number.POSITIVE_INFINITY], [1], "check [0]"],
    ["a number too few", [1], [1, 2], "check"],
  ])("close: %s fails", (_, got, expected, check) => {
    const report = new GroupReport("group");
    report.close("check", got, expected, 0.1);
    expect(report.failures.map((failure) => failure.check)).toEqual([check]);
  });

  test.each([
    ["a key that is missing", {}, { a: 1 }, "check a"],
    ["a key too many", { a: 1 }, {}, "check a"],
    ["a number in a list", { a: [1, 2] }, { a: [1, 3] }, "check a[1]"],
    ["a longer list", [1, 2], [1], "check"],
    ["null for nothing", null, undefined, "check"],
  ])("same: %s fails", (_, got, expected, check) => {
    const report = new GroupReport("group");
    report.same("check", got, expected);
    expect(report.failures.map((failure) => failure.check)).toEqual([check]);
  });

  test("an error is a failure", async () => {
    const report = new GroupReport("group");
    await report.attempt("check", () => {
      throw new RangeError("out of range");
    });
    expect(report.failures).toEqual([{ check: "check", expected: "no error", got: "RangeError: out of range" }]);
  });

  test("only the first failures are printed", () => {
    const report = new GroupReport("group");
    for (let index = 0; index < 7; index++) report.same(`check ${index}`, index, -1);
    const lines = failureLines(report.summary());
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe("  FAILED check 0\n    expected -1\n    got      0");
    expect(lines[5]).toContain("2 more");
  });

  test("long texts are shown where they differ", () => {
    const report = new GroupReport("group");
    report.same("check", `${"a".repeat(500)}b`, `${"a".repeat(500)}c`);
    expect(report.failures[0]).toEqual({
      check: "check  (character 500)",
      expected: `…"${"a".repeat(20)}c"`,
      got: `…"${"a".repeat(20)}b"`,
    });
  });
});
