import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../folder.js";
import { COMMIT, FakeHub, noise, sha256 } from "./fake-hub.js";
import { layoutOf } from "./open-hub.js";
import { buildChild, ended, startChild } from "./processes.js";

/** `INTERNVL_KILLS=100` for the long run. */
const KILLS = Number(process.env["INTERNVL_KILLS"] ?? 10);

const FILES = {
  "config.json": { bytes: Buffer.from("{}") },
  "model-1.safetensors": { bytes: noise(12_000_017, 1), lfs: true },
  "model-2.safetensors": { bytes: noise(500_000, 2), lfs: true },
};
const PATHS = Object.keys(FILES);
const SIZE = Object.values(FILES).reduce((sum, { bytes }) => sum + bytes.length, 0);

let removeChild: () => Promise<void>;
beforeAll(async () => {
  removeChild = await buildChild();
});
afterAll(() => removeChild());

async function expectWhole(cache: string): Promise<void> {
  for (const [path, { bytes }] of Object.entries(FILES)) {
    const file = join(cache, "models--OpenGVLab--InternVL2_5-1B/snapshots", COMMIT, path);
    expect(sha256(await readFile(file))).toBe(sha256(bytes));
  }
  expect((await layoutOf(cache)).filter((name) => /incomplete/.test(name))).toEqual([]);
}

it(`finishes after ${KILLS} kills at random moments, with the same bytes`, async () => {
  const hub = await FakeHub.start(FILES);
  let finished = 0;
  for (let kills = 0; kills < KILLS; ) {
    hub.pause = 5;
    const cache = await temporaryFolder();
    // Each cache sees a few kills, so that resumed downloads are killed too.
    for (let round = 0; round < 5 && kills < KILLS; round++, kills++) {
      const seen = hub.log.length;
      const child = startChild(hub.endpoint, cache, PATHS);
      const exit = ended(child);
      // From the first request on: before it nothing can be harmed.
      while (hub.log.length === seen && child.exitCode === null) await sleep(2);
      await sleep(Math.random() * 250);
      child.kill("SIGKILL");
      if ((await exit) === 0) finished += 1;
    }
    hub.pause = 0;
    expect(await ended(startChild(hub.endpoint, cache, PATHS))).toBe(0);
    await expectWhole(cache);
  }
  expect(finished).toBeLessThan(KILLS);
}, 600_000);

it("two processes at the same time fetch everything once", async () => {
  const hub = await FakeHub.start(FILES);
  hub.pause = 2;
  const cache = await temporaryFolder();
  const children = [1, 2].map(() => startChild(hub.endpoint, cache, PATHS));
  expect(await Promise.all(children.map(ended))).toEqual([0, 0]);
  await expectWhole(cache);
  expect(bytesAsked(hub)).toBe(SIZE - FILES["config.json"].bytes.length);
});

it("a process takes over from one that was killed, while a third waits", async () => {
  const hub = await FakeHub.start(FILES);
  hub.pause = 10;
  const cache = await temporaryFolder();
  const first = startChild(hub.endpoint, cache, PATHS);
  const firstEnd = ended(first);
  while (hub.bodies.length < 4) await sleep(5);
  const others = [1, 2].map(() => startChild(hub.endpoint, cache, PATHS));
  await sleep(300);
  first.kill("SIGKILL");
  expect(await firstEnd).toBe("SIGKILL");
  hub.pause = 0;
  expect(await Promise.all(others.map(ended))).toEqual([0, 0]);
  await expectWhole(cache);
});

/** Bytes of LFS files in all requests together. */
function bytesAsked(hub: FakeHub): number {
  return hub.bodies.reduce((sum, { range, url }) => {
    const [, start, end] = /=(\d+)-(\d+)/.exec(range ?? "") ?? [];
    const whole = Object.values(FILES).find(({ bytes }) => url === `/${sha256(bytes)}`)?.bytes.length ?? 0;
    return sum + (start === undefined ? whole : Number(end) + 1 - Number(start));
  }, 0);
}
