import { expect, test } from "vitest";
import { parseCommandLine } from "../src/options.js";

test("names and options are told apart", () => {
  const { names, options } = parseCommandLine(["decode", "vision", "--threads", "2", "--contexts", "10,20"]);
  expect(names).toEqual(["decode", "vision"]);
  expect(options).toMatchObject({ threads: 2, runs: undefined, shape: "1b", contexts: [10, 20] });
});

test.each([
  [["--runs", "0"], "--runs must be a whole number of at least 1"],
  [["--contexts", "10,x"], "--contexts must be a whole number"],
  [["--shards", "1.5"], "--shards must be a whole number"],
  [["--dtype", "q5"], "--dtype must be one of fp32"],
  [["--shape", "3b"], "--shape must be one of 1b, 2b, 4b, 8b, tiny"],
])("%j is refused", (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});
