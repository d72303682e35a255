import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { AutoProcessor, type InternVL2_5Processor, load_image, pipeline } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO, SAMPLE } from "./workspace.js";

const bytes = readFileSync(SAMPLE);
const ask = { type: "text", text: "Describe this image." };
const base64 = bytes.toString("base64");
let processor: InternVL2_5Processor;
let expected: Awaited<ReturnType<InternVL2_5Processor>>;
let server: Server;
let address: string;

beforeAll(async () => {
  processor = await AutoProcessor.from_pretrained(DEMO);
  const conversation = [{ role: "user", content: [{ type: "image" }, ask] }];
  const text = processor.apply_chat_template(conversation, { add_generation_prompt: true });
  expected = await processor({ text, images: await load_image(SAMPLE), max_tiles: 2 });
  server = createServer((_, response) => response.end(bytes));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sample.png`;
});
afterAll(() => new Promise((closed) => server.close(closed)));

/** Each kind of block that can name a picture. Functions, since the server's address is not known before. */
const BLOCKS: Record<string, () => { type: string; [key: string]: unknown }> = {
  path: () => ({ type: "image", path: SAMPLE }),
  "url, http:": () => ({ type: "image", url: address }),
  "url, file:": () => ({ type: "image", url: pathToFileURL(SAMPLE).href }),
  "url, data:": () => ({ type: "image", url: `data:image/png;base64,${base64}` }),
  base64: () => ({ type: "image", base64 }),
  "base64 with its header": () => ({ type: "image", base64: `data:image/png;base64,${base64}` }),
  "image, a path": () => ({ type: "image", image: SAMPLE }),
  "image, bytes": () => ({ type: "image", image: new Uint8Array(bytes) }),
  "image, a Blob": () => ({ type: "image", image: new Blob([bytes]) }),
  "image_url of OpenAI": () => ({ type: "image_url", image_url: { url: address } }),
  "image_url of OpenAI with data": () => ({ type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } }),
  "image_url, a string": () => ({ type: "image_url", image_url: address }),
};

describe("a picture within a conversation", () => {
  it.each(Object.keys(BLOCKS))("gives the pixels and ids of the picture itself: %s", async (kind) => {
    const options = { add_generation_prompt: true, tokenize: true, return_dict: true, max_tiles: 2 } as const;
    const inputs = await processor.apply_chat_template([{ role: "user", content: [BLOCKS[kind]!(), ask] }], options);
    expect(inputs.input_ids).toEqual(expected.input_ids);
    expect(inputs.num_patches).toEqual(expected.num_patches);
    expect(inputs.pixel_values!.dims).toEqual(expected.pixel_values!.dims);
    expect(inputs.pixel_values!.data).toEqual(expected.pixel_values!.data);
  });
});

describe("pipeline of this package", () => {
  it("says what a folder lacks", async () => {
    await expect(pipeline("image-text-to-text", `${DEMO}/samples`)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
