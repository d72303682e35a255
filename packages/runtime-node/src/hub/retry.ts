import { setTimeout as sleep } from "node:timers/promises";
import { AbortedError, throwIfAborted } from "@internvl/core";
import { hubUnavailable } from "./errors.js";

/** Something that may pass: a cut connection, 429, 5xx. `retrying` catches it; it never leaves this folder. */
export class TransientError extends Error {
  /** Milliseconds that the server asked to wait. */
  readonly wait: number | undefined;

  constructor(message: string, options: { cause?: unknown; wait?: number } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

export interface RetryPolicy {
  /** New tries in a row that gain nothing. */
  retries: number;
  /** Milliseconds before the first of them. */
  retryDelay: number;
  signal?: AbortSignal;
}

const LONGEST_DELAY = 30_000;

/** The Hub counts requests in windows of five minutes; a server that asks for more is as good as down. */
const LONGEST_WAIT = 5 * 60_000;

/**
 * Calls `operation` until it succeeds or has failed `retries + 1` times in a row. It calls `gained` when it got nearer
 * to its end (a download that was cut after some bytes), and the count starts anew.
 *
 * @throws InternVLError `HUB_UNAVAILABLE`, `ABORTED`, and whatever else `operation` throws
 */
export async function retrying<Result>(
  policy: RetryPolicy,
  operation: (gained: () => void) => Promise<Result>,
): Promise<Result> {
  let failures = 0;
  for (;;) {
    throwIfAborted(policy.signal, "The transfer was aborted");
    try {
      return await operation(() => {
        failures = 0;
      });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures += 1;
      if (failures > policy.retries || (error.wait ?? 0) > LONGEST_WAIT) throw hubUnavailable(error, failures);
      await pause(error.wait ?? backOff(policy.retryDelay, failures), policy.signal);
    }
  }
}

/** Twice as long each time, and a random part less, so that many clients do not come back at the same moment. */
function backOff(first: number, failures: number): number {
  return Math.min(first * 2 ** (failures - 1), LONGEST_DELAY) * (0.5 + Math.random() / 2);
}

/** Waits, unless the signal ends it. @throws AbortedError */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (cause) {
    throw new AbortedError("Waiting for the next try was aborted", { cause });
  }
}
