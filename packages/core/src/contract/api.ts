import { InternVLError } from "../errors.js";

/** What the suites need of a test runner: `import { describe, expect, it } from "vitest"` fits, and Jest's globals do. */
export interface TestApi {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  expect(actual: unknown): { toBe(expected: unknown): void; toEqual(expected: unknown): void };
}

/** The code of the error that `promise` rejects with; what is no `InternVLError` is thrown on, success is an error. */
export async function errorCode(promise: Promise<unknown>): Promise<string> {
  return (await errorOf(promise)).code;
}

/** The `InternVLError` that `promise` rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<InternVLError> {
  try {
    await promise;
  } catch (error) {
    if (InternVLError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("An error was expected and there was none");
}

/** A signal that was aborted before it was passed. */
export function abortedSignal(): AbortSignal {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
