import { MemoryFolder, openModel, openSink, type Runtime, resolveRuntime, setDefaultRuntime } from "@internvl/core";
import { expect, it } from "vitest";

const unused = () => Promise.reject(new Error("not used here"));
const files = new MemoryFolder({}, "found");
const runtime: Runtime = {
  name: "test",
  inference: { createSession: unused },
  media: { decodeImage: unused, openVideo: unused },
  files: { open: async (model, options) => new MemoryFolder({}, `${model} ${options?.revision}`) },
};

// One test, because the default runtime is global: before and after it is set.
it("takes the runtime that is passed, else the default one, else says what to do", async () => {
  expect(() => resolveRuntime()).toThrow(expect.objectContaining({ code: "RUNTIME_MISSING" }));
  await expect(openModel("a/b")).rejects.toMatchObject({ code: "RUNTIME_MISSING" });
  expect(resolveRuntime(runtime)).toBe(runtime);
  expect((await openModel("a/b", { runtime, revision: "v1" })).name).toBe("a/b v1");
  setDefaultRuntime(runtime);
  expect(resolveRuntime()).toBe(runtime);
  expect((await openModel("a/b")).name).toBe("a/b undefined");
  expect(await openModel(files)).toBe(files);
});

it("opens a sink where the runtime has one", async () => {
  const sink = new MemoryFolder();
  expect(await openSink(sink)).toBe(sink);
  expect(await openSink("dir", { runtime: { ...runtime, openSink: async () => sink } })).toBe(sink);
  await expect(openSink("dir", { runtime })).rejects.toMatchObject({ code: "UNSUPPORTED" });
});
