import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InternVLError, Tensor } from "@internvl/core";
import { createNodeInference, DirectoryFiles, nodeInference } from "@internvl/runtime-node";
import { expect, it } from "vitest";
import { temporaryFolder } from "./folder.js";

// y = x @ [[0, 1], [2, 3], [4, 5]] + [10, 20], whose weight is declared to lie in "../w.bin".
const PARENT_DATA = fileURLToPath(new URL("./fixtures/graphs/parent_data.onnx", import.meta.url));
const WEIGHT = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
const x = new Tensor("float32", Float32Array.of(1, 2, 3), [1, 3]);

it("loads a graph and its data through the links of a hub cache", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "blobs"));
  await mkdir(join(folder, "snapshot/onnx"), { recursive: true });
  await writeFile(join(folder, "blobs/graph"), await besideGraph());
  await writeFile(join(folder, "blobs/data"), WEIGHT);
  await symlink("../../blobs/graph", join(folder, "snapshot/onnx/model.onnx"));
  await symlink("../../blobs/data", join(folder, "snapshot/onnx/data.bin"));
  const files = new DirectoryFiles(join(folder, "snapshot"));
  const source = { files, path: "onnx/model.onnx", externalData: ["data.bin"] };
  const session = await nodeInference.createSession(source, { threads: 1 });
  const { y } = await session.run({ x });
  expect([...(y!.data as Float32Array)]).toEqual([26, 42]);
  await session.release();
});

it("does not let a graph read outside of its folder", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "onnx"));
  await copyFile(PARENT_DATA, join(folder, "onnx/model.onnx"));
  await writeFile(join(folder, "w.bin"), WEIGHT);
  const files = new DirectoryFiles(folder);
  const loading = nodeInference.createSession({ files, path: "onnx/model.onnx" });
  await expect(loading).rejects.toMatchObject({ code: "GRAPH_INVALID" });
  await expect(loading).rejects.toThrow("../w.bin");
});

it("says what a graph and a device are refused for", async () => {
  const bytes = await besideGraph();
  const error = await nodeInference.createSession({ bytes }).catch((thrown) => thrown);
  expect(InternVLError.isInstance(error) && error.code).toBe("GRAPH_INVALID");
  expect(error.cause).toBeInstanceOf(Error);
  await expect(nodeInference.createSession({ bytes }, { device: "cuda" })).rejects.toThrow('Expected "cpu"');
  await expect(nodeInference.createSession({ bytes }, { threads: 0.5 })).rejects.toMatchObject({
    code: "INPUT_INVALID",
  });
});

it("takes onnxruntime's own options", async () => {
  const folder = await temporaryFolder();
  const inference = createNodeInference({ enableProfiling: true, profileFilePrefix: join(folder, "profile") });
  const externalData = [{ path: "data.bin", bytes: WEIGHT }];
  const session = await inference.createSession({ bytes: await besideGraph(), externalData });
  await session.run({ x });
  await session.release();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as { name: string }[];
  expect(events.filter(({ name }) => name === "model_run")).toHaveLength(1);
});

it("refuses memory that is shared between threads", async () => {
  const externalData = [{ path: "data.bin", bytes: WEIGHT }];
  const session = await nodeInference.createSession({ bytes: await besideGraph(), externalData });
  const shared = new Tensor("float32", new Float32Array(new SharedArrayBuffer(12)), [1, 3]);
  await expect(session.run({ x: shared })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await session.release();
});

/** The same graph with its data beside it: the name has the same length, so that the bytes around it stay valid. */
async function besideGraph(): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readFile(PARENT_DATA));
  const at = Buffer.from(bytes).indexOf("../w.bin");
  bytes.set(new TextEncoder().encode("data.bin"), at);
  return bytes;
}
