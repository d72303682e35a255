import type { Dtype, GraphName } from "@internvl/config";
import type { DeviceOffer, InferenceRuntime } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { type DeviceOption, EVERY_DTYPE, placeGraphs } from "../src/placement.js";

const GPU: DeviceOffer = {
  name: "gpu",
  reason: "there is one",
  dtypes: { vision_encoder: ["fp16", "fp32"], embed_tokens: ["int8", "fp32"], decoder_model_merged: ["q4", "fp16"] },
};
const CPU: DeviceOffer = {
  name: "cpu",
  reason: "what the gpu does not run",
  dtypes: { vision_encoder: ["int8", "fp32"], embed_tokens: ["int8"], decoder_model_merged: ["int8", "q4", "fp32"] },
};

/** A runtime with two devices; "auto" is both, nothing is the CPU. */
const inference: InferenceRuntime = {
  createSession: () => Promise.reject(new Error("not asked for")),
  offerDevices: async (device) => (device === "gpu" ? [GPU] : device === "auto" ? [GPU, CPU] : [CPU]),
};

type Folder = Partial<Record<GraphName, Dtype[]>>;

/** `"vision embeddings decoder"` on their devices. */
async function place(there: Folder | "all", device?: DeviceOption, dtype?: Dtype) {
  const available = there === "all" ? EVERY_DTYPE : (graph: GraphName) => there[graph] ?? ["int8", "fp32"];
  const placement = await placeGraphs({ inference }, "the folder", available, { device, dtype });
  return (["vision_encoder", "embed_tokens", "decoder_model_merged"] as const)
    .map((graph) => `${placement.dtype[graph]}@${placement.devices[graph]?.name}`)
    .join(" ");
}

describe("where graphs run, and in which dtype", () => {
  it("is what is fastest on the device, of a checkpoint that can become anything", async () => {
    expect(await place("all")).toBe("int8@cpu int8@cpu int8@cpu");
    expect(await place("all", "gpu")).toBe("fp16@gpu int8@gpu q4@gpu");
    expect(await place("all", "auto")).toBe("fp16@gpu int8@gpu q4@gpu");
    expect(await place("all", { decoder_model_merged: "gpu" })).toBe("int8@cpu int8@cpu q4@gpu");
  });

  it("is the best that a folder has", async () => {
    const folder: Folder = { vision_encoder: ["fp32", "int8"], decoder_model_merged: ["fp16", "int8"] };
    expect(await place(folder, "gpu")).toBe("fp32@gpu int8@gpu fp16@gpu");
    expect(await place(folder)).toBe("int8@cpu int8@cpu int8@cpu");
  });

  it("is another device for what the first does not run, when the choice is free", async () => {
    const folder: Folder = { vision_encoder: ["int8"], decoder_model_merged: ["q4"] };
    expect(await place(folder, "auto")).toBe("int8@cpu int8@gpu q4@gpu");
    const { devices } = await placeGraphs({ inference }, "x", () => ["int8"], { device: "auto" });
    expect(devices.vision_encoder).toEqual({ name: "cpu", reason: CPU.reason });
    await expect(place(folder, "gpu")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/vision_encoder.*cannot run on gpu.*Expected fp16, fp32, got int8.*"auto"/s),
    });
  });

  it("is the dtype that was asked for, or an error", async () => {
    expect(await place("all", undefined, "q4")).toBe("int8@cpu int8@cpu q4@cpu");
    await expect(place("all", "gpu", "int8")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await place("all", "auto", "int8")).toBe("int8@cpu int8@gpu int8@cpu");
    await expect(place({ decoder_model_merged: ["q4"] }, "gpu", "fp16")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringMatching(/no vision_encoder in fp16/),
    });
  });

  it("leaves what a name only stands for to the device: q4 means int8 for the vision encoder of a CPU", async () => {
    expect(await place("all", "gpu", "q4")).toBe("fp16@gpu int8@gpu q4@gpu");
  });

  it("has a second decoder for prompts where one is asked for, or an error", async () => {
    const wish = (dtype: Dtype, prompt_dtype?: Dtype, device?: string) =>
      placeGraphs({ inference }, "the folder", EVERY_DTYPE, { dtype, prompt_dtype, device });
    expect(await wish("q4")).toMatchObject({ prompt_dtype: "q4" });
    expect(await wish("q4", "int8")).toMatchObject({ dtype: { decoder_model_merged: "q4" }, prompt_dtype: "int8" });
    await expect(wish("q4", "int8", "gpu")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const folder = (graph: GraphName): Dtype[] => (graph === "decoder_model_merged" ? ["q4"] : ["int8"]);
    await expect(
      placeGraphs({ inference }, "the folder", folder, { dtype: "q4", prompt_dtype: "int8" }),
    ).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringMatching(/no decoder_model_merged in int8.*--dtype int8/s),
    });
  });
});
