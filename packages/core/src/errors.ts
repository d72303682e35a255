/** What an error is about. Programs branch on the code; people read the message. */
export type ErrorCode =
  | "ABORTED"
  | "CONFIG_INVALID"
  | "CHECKPOINT_INVALID"
  | "CONVERSION_FAILED"
  | "DEVICE_LOST"
  | "DOWNLOAD_TOO_LARGE"
  | "FILE_INVALID"
  | "FILE_NOT_FOUND"
  | "FILE_WRITE_FAILED"
  | "GRAPH_INVALID"
  | "HUB_DENIED"
  | "HUB_UNAVAILABLE"
  | "IMAGE_INVALID"
  | "IMAGE_TOO_LARGE"
  | "INPUT_INVALID"
  | "OFFLINE"
  | "OUT_OF_MEMORY"
  | "PROMPT_TOO_LONG"
  | "RELEASED"
  | "RUNTIME_FAILED"
  | "RUNTIME_MISSING"
  | "TEMPLATE_INVALID"
  | "TOKENIZER_INVALID"
  | "UNSUPPORTED"
  | "UPLOAD_REFUSED"
  | "VIDEO_INVALID"
  | "WORKER_FAILED";

/** The parts of an error message: what was wrong, what was expected, what was got, what to do. */
export interface ErrorParts {
  /** What was wrong, a sentence without its final stop. */
  what: string;
  expected?: string;
  got?: string;
  /** What the reader can do about it, a sentence. */
  fix?: string;
  cause?: unknown;
}

// Symbol.for is shared by every copy of this package in a program, which `instanceof` is not.
const marker: unique symbol = Symbol.for("internvl.error") as never;

/**
 * Every error that these packages throw on purpose.
 *
 * ```ts
 * try { … } catch (error) {
 *   if (InternVLError.isInstance(error) && error.code === "IMAGE_INVALID") …
 * }
 * ```
 */
export class InternVLError extends Error {
  readonly code: ErrorCode;
  readonly parts: Omit<ErrorParts, "cause">;

  constructor(code: ErrorCode, parts: ErrorParts) {
    const { cause, ...shown } = parts;
    super(errorMessage(shown), cause === undefined ? undefined : { cause });
    this.name = "InternVLError";
    this.code = code;
    this.parts = shown;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `value` is an error of these packages, from whichever copy of them. */
  static isInstance(value: unknown): value is InternVLError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[marker] === true;
  }
}

/** An operation that was stopped through its `signal`. Its name is `AbortError`, as the platform's own errors have it. */
export class AbortedError extends InternVLError {
  /** What there was when it was stopped, where the operation says so (the token ids so far, for instance). */
  readonly partial: unknown;

  constructor(what: string, options: { cause?: unknown; partial?: unknown } = {}) {
    super("ABORTED", { what, cause: options.cause });
    this.name = "AbortError";
    this.partial = options.partial;
  }
}

/** Throws an `AbortedError` when `signal` has been aborted. Long loops call it once a turn. */
export function throwIfAborted(signal: AbortSignal | undefined, what = "The operation was aborted"): void {
  if (signal?.aborted) throw new AbortedError(what, { cause: signal.reason });
}

/** Whether `error` says that somebody asked for the stop: ours, the platform's, or a signal's own reason. */
export function isAbort(error: unknown): boolean {
  return typeof error === "object" && error !== null && (error as { name?: unknown }).name === "AbortError";
}

function errorMessage({ what, expected, got, fix }: ErrorParts): string {
  const sentences = [what];
  if (expected !== undefined && got !== undefined) sentences.push(`Expected ${expected}, got ${got}`);
  else if (expected !== undefined) sentences.push(`Expected ${expected}`);
  else if (got !== undefined) sentences.push(`Got ${got}`);
  if (fix !== undefined) sentences.push(fix);
  return sentences.map((sentence) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)).join(" ");
}
