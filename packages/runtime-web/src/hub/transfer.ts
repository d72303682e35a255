import { AbortedError, InternVLError, throwIfAborted } from "@internvl/core";
import type { TransferSettings } from "./settings.js";

export interface TransferRequest {
  url: string;
  method?: "GET" | "HEAD";
  headers?: Record<string, string>;
  /** How the browser's HTTP cache is used. Default: as it always is. */
  cache?: RequestCache;
  signal?: AbortSignal;
  /** What an answer that is no success, and that a wait does not mend, means. */
  refused(response: Response): Error;
}

/** What the one who reads an answer is given. */
export interface Answer {
  response: Response;
  /** The body, piece by piece. Stops waiting for a connection that is silent. */
  chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  /** Something has been kept of this answer: failures are counted anew. */
  gained(): void;
}

/** Something that may pass: a cut connection, 429, 5xx. `transfer` catches it. */
export class TransientError extends Error {
  /** Milliseconds that the server asked to wait. */
  readonly wait: number | undefined;

  constructor(message: string, options: { cause?: unknown; wait?: number } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

/** Answers that a wait can mend. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

const LONGEST_DELAY = 30_000;

/** The Hub counts requests in windows of five minutes; a server that asks for more is as good as down. */
const LONGEST_WAIT = 5 * 60_000;

/**
 * Asks, reads the answer with `use`, and does both again after a failure that may pass.
 *
 * @throws InternVLError `HUB_UNAVAILABLE`, `ABORTED`, and what `refused` and `use` throw
 */
export async function transfer<Result>(
  settings: TransferSettings,
  request: TransferRequest,
  use: (answer: Answer) => Promise<Result>,
): Promise<Result> {
  const { retries, retryDelay } = settings;
  let failures = 0;
  let hasGained = false;
  for (;;) {
    throwIfAborted(request.signal, "The transfer was aborted");
    try {
      return await attempt(settings, request, use, () => {
        failures = 0;
        hasGained = true;
      });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures += 1;
      // Where nothing has begun, nobody waits for a network that the browser knows is not there.
      const isHopeless = !navigator.onLine && !hasGained;
      if (isHopeless || failures > retries || (error.wait ?? 0) > LONGEST_WAIT) {
        throw unavailable(error, request.url, failures);
      }
      await pause(error.wait ?? backOff(retryDelay, failures), request.signal);
    }
  }
}

async function attempt<Result>(
  { fetch, idleTimeout }: TransferSettings,
  { url, method = "GET", headers, cache, signal, refused }: TransferRequest,
  use: (answer: Answer) => Promise<Result>,
  gained: () => void,
): Promise<Result> {
  const silence = new AbortController();
  const either = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  // What happens over the network rejects with whatever the browser likes; what `use` does must not be mistaken for it.
  const network = async <Part>(step: Promise<Part>): Promise<Part> => {
    const timer = setTimeout(() => silence.abort(), idleTimeout);
    try {
      return await step;
    } catch (cause) {
      if (signal?.aborted) throw new AbortedError("The transfer was aborted", { cause });
      const what = silence.signal.aborted ? `nothing came for ${idleTimeout} ms` : (cause as Error).message;
      throw new TransientError(what, { cause });
    } finally {
      clearTimeout(timer);
    }
  };
  const response = await network(fetch(url, { method, headers, cache, signal: either }));
  if (PASSING.has(response.status)) {
    throw new TransientError(`status ${response.status}`, { wait: askedWait(response.headers) });
  }
  if (!response.ok) throw refused(response);
  async function* chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const { done, value } = await network(reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      // Whatever is left is not wanted.
      void reader.cancel().catch(() => {});
    }
  }
  return use({ response, chunks, gained });
}

function unavailable(cause: Error, url: string, tries: number): InternVLError {
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `${new URL(url, location.href).origin} did not answer as it should${tries > 1 ? `, ${tries} times in a row` : ""}: ${cause.message}`,
    fix: "Check the network, and that the server and the page's Content-Security-Policy (connect-src) allow this page to read from it; then try again: what was fetched is kept.",
    cause,
  });
}

/** Twice as long each time, and a random part less, so that many clients do not come back at the same moment. */
function backOff(first: number, failures: number): number {
  return Math.min(first * 2 ** (failures - 1), LONGEST_DELAY) * (0.5 + Math.random() / 2);
}

/** Milliseconds that `Retry-After` (seconds or a date) asks for. */
function askedWait(headers: Headers): number | undefined {
  const after = headers.get("retry-after");
  if (after === null) return undefined;
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** Waits, unless the signal ends it. @throws AbortedError */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AbortedError("Waiting for the next try was aborted", { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
