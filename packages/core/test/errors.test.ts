import { AbortedError, InternVLError, isAbort, throwIfAborted } from "@internvl/core";
import { describe, expect, it } from "vitest";

describe("InternVLError", () => {
  it("writes its parts as sentences", () => {
    const parts = { what: "The width is odd", expected: "an even number", got: "7", fix: "Pad it!" };
    const error = new InternVLError("INPUT_INVALID", parts);
    expect(error.message).toBe("The width is odd. Expected an even number, got 7. Pad it!");
    expect(error).toMatchObject({ name: "InternVLError", code: "INPUT_INVALID", parts });
  });

  it.each([
    [{ what: "It broke" }, "It broke."],
    [{ what: "It broke", expected: "one" }, "It broke. Expected one."],
    [{ what: "It broke", got: "two" }, "It broke. Got two."],
    [{ what: "Why?", fix: "Wait" }, "Why? Wait."],
  ])("leaves out what it does not have: %o", (parts, message) => {
    expect(new InternVLError("FILE_INVALID", parts).message).toBe(message);
  });

  it("keeps the cause apart from the parts", () => {
    const cause = new Error("inner");
    const error = new InternVLError("RUNTIME_FAILED", { what: "It broke", cause });
    expect(error.cause).toBe(cause);
    expect(error.parts).toEqual({ what: "It broke" });
    expect("cause" in new InternVLError("RUNTIME_FAILED", { what: "It broke" })).toBe(false);
  });

  it("is recognised across copies of the package", () => {
    const foreign = Object.assign(new Error("from another copy"), { [Symbol.for("internvl.error")]: true });
    expect(InternVLError.isInstance(foreign)).toBe(true);
    expect(InternVLError.isInstance(new AbortedError("Stopped"))).toBe(true);
    for (const other of [new Error("plain"), null, undefined, "text", {}]) {
      expect(InternVLError.isInstance(other)).toBe(false);
    }
  });
});

describe("aborting", () => {
  it("throws for a signal that was aborted, with its reason", () => {
    const controller = new AbortController();
    expect(() => throwIfAborted(controller.signal)).not.toThrow();
    expect(() => throwIfAborted(undefined)).not.toThrow();
    controller.abort("the user left");
    expect(() => throwIfAborted(controller.signal, "Reading was aborted")).toThrow(
      expect.objectContaining({ name: "AbortError", code: "ABORTED", cause: "the user left" }),
    );
  });

  it("keeps what there was", () => {
    expect(new AbortedError("Stopped", { partial: [1, 2] }).partial).toEqual([1, 2]);
  });

  it("recognises the platform's own", () => {
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    expect(isAbort(new AbortedError("Stopped"))).toBe(true);
    expect(isAbort(new Error("no"))).toBe(false);
    expect(isAbort(null)).toBe(false);
  });
});
