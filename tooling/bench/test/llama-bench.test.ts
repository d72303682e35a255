import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageFile } from "../src/package-file.js";
import { LinePeer } from "../src/peers/line-peer.js";

/** Answers as llama-bench does with `-o json`, and keeps what it was asked. */
const PROGRAM = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
appendFileSync(__filename + ".log", process.argv.slice(2).join(" ") + "\\n");
if (process.argv.includes("missing.gguf")) { console.error("failed to load"); process.exit(1); }
console.log(JSON.stringify([{ build_commit: "abc", avg_ns: 64e6, avg_ts: 500 }]));
`;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "internvl-llama-bench-test-"));
  program = join(folder, "llama-bench");
  await writeFile(program, PROGRAM);
  await chmod(program, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

test("llama-bench is asked for what the other peers are asked for", async () => {
  const peer = new LinePeer("llama-bench", process.execPath, [packageFile("node/llama-bench.mjs"), program]);
  expect(await peer.ask({ do: "load", model: "m.gguf", threads: 2 })).toEqual({ version: "llama.cpp abc" });
  expect(await peer.measure({ do: "prefill", tokens: [1, 2, 3] })).toEqual({ ms: 64 });
  expect(await peer.ask({ do: "prompt", tokens: [1, 2, 3] })).toEqual({});
  expect(await peer.measure({ do: "decode", at: 100, steps: 32, token: 65 })).toEqual({ ms: 2 });
  await expect(peer.ask({ do: "load", model: "missing.gguf", threads: 2 })).rejects.toThrow("failed to load");
  await peer.close();
  expect((await readFile(`${program}.log`, "utf8")).trim().split("\n")).toEqual([
    "-m m.gguf -t 2 -r 1 -o json -p 1 -n 0",
    "-m m.gguf -t 2 -r 1 -o json -p 3 -n 0",
    "-m m.gguf -t 2 -r 1 -o json -p 0 -n 32 -d 100",
    "-m missing.gguf -t 2 -r 1 -o json -p 1 -n 0",
  ]);
});
