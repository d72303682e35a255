import { expect, test } from "vitest";
import { replaceFigures } from "../src/readme.js";

const START = "<!-- figures: written by npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

test("figures replace those between the markers, and nothing else", () => {
  const before = `# Title\n\n${START}\n\nold\n\n${END}\n\nrest\n`;
  const once = replaceFigures(before, "figures", "new");
  expect(once).toBe(`# Title\n\n${START}\n\nnew\n\n${END}\n\nrest\n`);
  expect(replaceFigures(once, "figures", "newer")).toBe(once.replace("new", "newer"));
});

test("a file without the markers is refused", () => {
  expect(() => replaceFigures(`text ${START}`, "figures", "new")).toThrow("must have the lines");
  expect(() => replaceFigures(`${END} ${START}`, "figures", "new")).toThrow("must have the lines");
});
