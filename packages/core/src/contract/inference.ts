import { Tensor } from "onnxruntime-common";
import { freeMemory } from "../free-memory.js";
import type { GraphSource, InferenceRuntime, Session } from "../inference.js";
import { MemoryFolder } from "../memory-folder.js";
import { abortedSignal, errorCode, errorOf, fromBase64, type TestApi } from "./api.js";
import { LINEAR_DATA, LINEAR_GRAPH, LINEAR_GRAPH_EXTERNAL } from "./data.js";

/** The rules of `InferenceRuntime` and `Session`, over one small graph: `y = x @ weight + bias`, `size = shape(x)`. */
export function describeInferenceContract(
  api: TestApi,
  makeRuntime: () => InferenceRuntime | Promise<InferenceRuntime>,
): void {
  api.describe("contract: inference", () => {
    describeGraphs(api, makeRuntime);
    describeRuns(api, makeRuntime);
    describeRelease(api, makeRuntime);
  });
}

/** Checks that a session of the small graph gives its numbers. */
export async function expectLinear({ expect }: TestApi, session: Session): Promise<void> {
  const outputs = await session.run({ x: rows([1, 2, 3], [0, 0, -1]) });
  const shown = Object.entries(outputs).map(([name, tensor]) => {
    expect(tensor instanceof Tensor).toBe(true);
    return [name, tensor.type, tensor.dims, [...(tensor.data as Float32Array | BigInt64Array)]];
  });
  expect(shown).toEqual([
    ["y", "float32", [2, 2], [26, 42, 6, 15]],
    ["size", "int64", [2], [2n, 3n]],
  ]);
}

const plainGraph = (): GraphSource => ({ bytes: fromBase64(LINEAR_GRAPH) });

function rows(...values: number[][]): Tensor {
  return new Tensor("float32", Float32Array.from(values.flat()), [values.length, values[0]!.length]);
}

type MakeRuntime = () => InferenceRuntime | Promise<InferenceRuntime>;

function describeGraphs(api: TestApi, makeRuntime: MakeRuntime): void {
  const { it, expect } = api;
  const data = fromBase64(LINEAR_DATA);
  const files = new MemoryFolder({
    "onnx/linear.onnx": fromBase64(LINEAR_GRAPH_EXTERNAL),
    "onnx/linear.onnx_data": data,
  });
  const sources: Readonly<Record<string, GraphSource>> = {
    bytes: plainGraph(),
    "bytes with external data": {
      bytes: fromBase64(LINEAR_GRAPH_EXTERNAL),
      externalData: [{ path: "linear.onnx_data", bytes: data }],
    },
    "files that are not on a disk": { files, path: "onnx/linear.onnx", externalData: ["linear.onnx_data"] },
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`runs a graph from ${name}`, async () => {
      const session = await (await makeRuntime()).createSession(source);
      await expectLinear(api, session);
      await session.release();
    });
  }

  it("describes inputs and outputs", async () => {
    const session = await (await makeRuntime()).createSession(plainGraph());
    expect(session.inputs).toEqual([{ name: "x", type: "float32", shape: ["rows", 3] }]);
    expect(session.outputs).toEqual([
      { name: "y", type: "float32", shape: ["rows", 2] },
      { name: "size", type: "int64", shape: [2] },
    ]);
    await session.release();
  });

  it("refuses bytes that are no graph", async () => {
    const runtime = await makeRuntime();
    const text = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1");
    expect(await errorCode(runtime.createSession({ bytes: text }))).toBe("GRAPH_INVALID");
    const cut = fromBase64(LINEAR_GRAPH).subarray(0, 100);
    expect(await errorCode(runtime.createSession({ bytes: cut }))).toBe("GRAPH_INVALID");
  });

  it("names files that are missing", async () => {
    const runtime = await makeRuntime();
    const graph = await errorOf(runtime.createSession({ files, path: "onnx/other.onnx" }));
    expect(graph.code).toBe("FILE_NOT_FOUND");
    expect(graph.message.includes("onnx/other.onnx")).toBe(true);
    const source: GraphSource = { files, path: "onnx/linear.onnx", externalData: ["other_data"] };
    expect(await errorCode(runtime.createSession(source))).toBe("FILE_NOT_FOUND");
  });

  it("refuses external data outside of the folder", async () => {
    const source: GraphSource = { files, path: "onnx/linear.onnx", externalData: ["../../secret"] };
    expect(await errorCode((await makeRuntime()).createSession(source))).toBe("FILE_INVALID");
  });

  it("refuses a device that it does not have", async () => {
    const runtime = await makeRuntime();
    expect(await errorCode(runtime.createSession(plainGraph(), { device: "abacus" }))).toBe("UNSUPPORTED");
  });

  it("does not load when the signal was aborted", async () => {
    const runtime = await makeRuntime();
    expect(await errorCode(runtime.createSession(plainGraph(), { signal: abortedSignal() }))).toBe("ABORTED");
  });

  it("fixes free dimensions", async () => {
    const session = await (await makeRuntime()).createSession(plainGraph(), { freeDimensions: { rows: 2 } });
    await expectLinear(api, session);
    expect(await errorCode(session.run({ x: rows([1, 2, 3]) }))).toBe("INPUT_INVALID");
    await session.release();
  });
}

function describeRuns({ it, expect }: TestApi, makeRuntime: MakeRuntime): void {
  const withSession = async (body: (session: Session) => Promise<void>): Promise<void> => {
    const session = await (await makeRuntime()).createSession(plainGraph());
    await body(session);
    await session.release();
  };

  it("computes the outputs that are asked for", () =>
    withSession(async (session) => {
      const outputs = await session.run({ x: rows([1, 1, 1]) }, { fetches: ["size"] });
      expect(Object.keys(outputs)).toEqual(["size"]);
    }));

  it("runs with another number of rows each time, none included", () =>
    withSession(async (session) => {
      for (const count of [1, 3, 0]) {
        const x = new Tensor("float32", new Float32Array(count * 3), [count, 3]);
        const { y } = await session.run({ x });
        expect([...(y!.data as Float32Array)]).toEqual(Array.from({ length: count }, () => [10, 20]).flat());
      }
    }));

  it("gives outputs in memory of their own, which can be given back", () =>
    withSession(async (session) => {
      const x = rows([1, 2, 3]);
      const first = (await session.run({ x }))["y"]!.data as Float32Array;
      const second = (await session.run({ x }))["y"]!.data as Float32Array;
      freeMemory(first);
      expect(first.length).toBe(0);
      expect([...second]).toEqual([26, 42]);
      expect([...((await session.run({ x }))["y"]!.data as Float32Array)]).toEqual([26, 42]);
    }));

  it("names a feed that is missing, unknown or does not fit", () =>
    withSession(async (session) => {
      const x = rows([1, 2, 3]);
      const bad = [
        session.run({}),
        session.run({ x, mask: x }),
        session.run({ x: new Tensor("int64", BigInt64Array.of(1n, 2n, 3n), [1, 3]) }),
        session.run({ x: rows([1, 2]) }),
        session.run({ x: new Tensor("float32", new Float32Array(3), [3]) }),
        session.run({ x }, { fetches: ["logits"] }),
      ];
      const errors = await Promise.all(bad.map(errorOf));
      expect(errors.map((error) => error.code)).toEqual(bad.map(() => "INPUT_INVALID"));
      const named = ['"x"', '"mask"', '"x"', '"x"', '"x"', '"logits"'];
      expect(errors.map((error, i) => error.message.includes(named[i]!))).toEqual(bad.map(() => true));
    }));

  it("does not run when the signal was aborted", () =>
    withSession(async (session) => {
      expect(await errorCode(session.run({ x: rows([1, 2, 3]) }, { signal: abortedSignal() }))).toBe("ABORTED");
    }));
}

function describeRelease({ it, expect }: TestApi, makeRuntime: MakeRuntime): void {
  it("releases twice and runs no more", async () => {
    const session = await (await makeRuntime()).createSession(plainGraph());
    await session.release();
    await session.release();
    expect(await errorCode(session.run({ x: rows([1, 2, 3]) }))).toBe("RELEASED");
  });

  it("keeps outputs after a release", async () => {
    const session = await (await makeRuntime()).createSession(plainGraph());
    const { y } = await session.run({ x: rows([1, 2, 3]) });
    await session.release();
    expect([...(y!.data as Float32Array)]).toEqual([26, 42]);
  });
}
