import { type Session, Tensor } from "@internvl/core";
import { GraphBuilder, serializeModel } from "@internvl/onnx";
import { webInference } from "@internvl/runtime-web";
import { expect, it } from "vitest";
import { tinyGraph } from "./graph.js";

/** `[n, 1]` times `[1, n]`: n squared numbers of a few that go in, and the sum of each row comes out. */
async function outerProduct(): Promise<Session> {
  const g = new GraphBuilder({ name: "outer" });
  g.output("y", g.softmax(g.matmul(g.input("x", "float32", ["n", 1]), g.input("z", "float32", [1, "n"]))));
  return webInference.createSession({ bytes: await serializeModel(g) }, { device: "wasm" });
}

/** n of 40,000 is 6.4 GB, more than wasm's 4 GB; 30,000 is 3.6 GB, which it cannot have twice. */
const feedsOf = (n: number) => ({
  x: new Tensor("float32", new Float32Array(n), [n, 1]),
  z: new Tensor("float32", new Float32Array(n), [1, n]),
});

/** What a page does afterwards. */
async function goesOn(): Promise<void> {
  const session = await tinyGraph({});
  const { y } = await session.run({ x: new Tensor("float32", [1, 2], [2]) });
  expect(Array.from(y!.data as Float32Array)).toEqual([1, 2]);
  await session.release();
}

// Before the other: what a run that failed has had is free afterwards, but no longer in one piece.
it("sessions whose weights no longer fit are an error that says so, and the page goes on", async () => {
  const side = 8192;
  const g = new GraphBuilder({ name: "big" });
  const weight = g.initializer("w", "float32", [side, side], new Float32Array(side * side));
  g.output("y", g.matmul(g.input("x", "float32", ["n", side]), weight));
  const bytes = await serializeModel(g);
  const sessions: Session[] = [];
  const fill = async () => {
    // 256 MB each.
    for (let count = 0; count < 24; count++) {
      sessions.push(await webInference.createSession({ bytes }, { device: "wasm" }));
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  expect(sessions.length).toBeGreaterThan(1);
  await Promise.all(sessions.map((session) => session.release()));
  await goesOn();
  await (await webInference.createSession({ bytes }, { device: "wasm" })).release();
});

it("a run that needs more memory than wasm has is an error that says so, and the page goes on", async () => {
  const session = await outerProduct();
  await expect(session.run(feedsOf(40_000))).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  await expect(session.run(feedsOf(30_000))).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  // The same session with less, and another one.
  expect((await session.run(feedsOf(4))).y!.data[0]).toBeCloseTo(0.25);
  await session.release();
  await goesOn();
});
