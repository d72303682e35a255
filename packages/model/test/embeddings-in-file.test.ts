import { InternVL2_5Config } from "@internvl/config";
import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration, type ModelOptions } from "@internvl/model";
import { DirectoryFiles, nodeRuntime } from "@internvl/runtime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { ANEW, DEMO_CHECKPOINT } from "./demo.js";
import { padTable } from "./padded-table.js";
import { table, writeEmbeddings } from "./table-graph.js";

const small = new MemoryFolder({}, "small");
let large: MemoryFolder;
beforeAll(async () => {
  await convertCheckpoint(new DirectoryFiles(DEMO_CHECKPOINT), small, { dtype: "fp32" });
  large = copyOf(small);
  await padTable(large, large, "fp32", await InternVL2_5Config.from_pretrained(large));
});

function copyOf(folder: MemoryFolder): MemoryFolder {
  return new MemoryFolder(Object.fromEntries(folder.files));
}

/** Where a model has its embeddings, and what it writes. */
async function answer(files: MemoryFolder, options: ModelOptions = {}) {
  const settings = { runtime: nodeRuntime, ...ANEW, ...options };
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(files, settings);
  try {
    const input_ids = [[11, 12, 13, 14, 15, 11]];
    const { logits } = await model.forward({ input_ids });
    const tokens = await model.generate({ input_ids, max_new_tokens: 12, eos_token_id: [] });
    return { place: model.devices.embed_tokens, tokens, logits: logits.data };
  } finally {
    await model.dispose();
  }
}

describe("the embeddings of a model whose files have cheap ranges", () => {
  it("stay in the file where the table is large, and answers are the same", async () => {
    const [inFile, inGraph] = [await answer(large), await answer(large, { device: { embed_tokens: "cpu" } })];
    expect(inFile.place).toEqual({ name: "file", reason: expect.stringContaining("read from its file") });
    expect(inGraph.place.name).not.toBe("file");
    expect(inFile.tokens[0]).toHaveLength(18);
    expect(inFile.tokens).toEqual(inGraph.tokens);
    expect(inFile.logits).toEqual(inGraph.logits);
  });

  it("are in a graph where the table is small", async () => {
    const [ours, padded] = [await answer(small), await answer(large)];
    expect(ours.place.name).not.toBe("file");
    expect(ours.logits).toEqual(padded.logits);
  });

  it("are in a graph that does more than look up", async () => {
    const other = copyOf(large);
    const { hidden_size } = (await InternVL2_5Config.from_pretrained(large)).text_config;
    const data = new Float32Array(40_000 * hidden_size).fill(0.5);
    await writeEmbeddings(other, "onnx/embed_tokens.onnx", (g, ids) =>
      g.neg(g.gather(table(g, "float32", [40_000, hidden_size], data), ids)),
    );
    expect((await answer(other)).place.name).not.toBe("file");
  });

  it("are an error when their file is cut off", async () => {
    const cut = copyOf(large);
    const path = "onnx/embed_tokens.onnx_data";
    cut.files.set(path, large.files.get(path)!.slice(0, -1));
    await expect(answer(cut)).rejects.toMatchObject({ code: "FILE_INVALID", message: expect.stringContaining(path) });
  });
});
