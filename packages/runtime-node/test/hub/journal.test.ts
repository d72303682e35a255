import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Journal } from "../../src/hub/journal.js";
import { temporaryFolder } from "../folder.js";

it("remembers spans and says what is missing", async () => {
  const path = join(await temporaryFolder(), "journal");
  const journal = await Journal.open(path, 100);
  expect(journal.missing()).toEqual([{ start: 0, end: 100 }]);
  await journal.add({ start: 40, end: 60 });
  await journal.add({ start: 0, end: 10 });
  await journal.add({ start: 10, end: 20 });
  await journal.add({ start: 50, end: 50 });
  const again = await Journal.open(path, 100);
  expect(again.missing()).toEqual([
    { start: 20, end: 40 },
    { start: 60, end: 100 },
  ]);
  expect(again.covered).toBe(40);
  expect(await Journal.covered(path)).toBe(40);
  await again.add({ start: 15, end: 100 });
  expect(again.missing()).toEqual([]);
});

it("believes nothing that a kill may have cut off, at any byte", async () => {
  const path = join(await temporaryFolder(), "journal");
  const whole = "size 1000\n0 128\n512 640\n";
  const covered = [0, 128, 256];
  for (let length = 0; length <= whole.length; length++) {
    const cut = whole.slice(0, length);
    await writeFile(path, cut);
    const journal = await Journal.open(path, 1000);
    expect(journal.covered).toBe(covered[Math.max(0, cut.split("\n").length - 2)]);
    await journal.add({ start: 900, end: 1000 });
    const again = await Journal.open(path, 1000);
    // A cut line is ended by the next process; read then, it can only be a shorter piece of the span it stood for.
    expect(again.missing().at(-1)?.end).toBeLessThanOrEqual(900);
    for (const { start, end } of again.missing()) expect(end - start).toBeGreaterThan(0);
    expect(again.covered).toBeGreaterThanOrEqual(journal.covered);
    expect(again.covered).toBeLessThanOrEqual(356);
  }
});

it("begins anew for another size, and after nonsense", async () => {
  const path = join(await temporaryFolder(), "journal");
  await (await Journal.open(path, 100)).add({ start: 0, end: 50 });
  expect((await Journal.open(path, 101)).covered).toBe(0);
  expect(await readFile(path, "utf8")).toBe("size 101\n");
  await appendFile(path, "50 20\n0 102\n-1 5\nx\n3 7\n");
  expect((await Journal.open(path, 101)).covered).toBe(4);
  expect(await Journal.covered(join(path, "none"))).toBe(0);
});
