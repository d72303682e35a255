import type { FileHandle } from "node:fs/promises";
import { type Gate, runAll } from "./concurrency.js";
import { mismatch } from "./errors.js";
import { type HubHttp, type HubResponse, networkError } from "./http.js";
import type { Journal, Span } from "./journal.js";
import { type RetryPolicy, retrying, TransientError } from "./retry.js";

/** The file that is fetched. */
export interface RemoteFile {
  http: HubHttp;
  /** Of the content, below the endpoint, encoded. */
  url: string;
  /** For messages: the path within the model. */
  path: string;
  revision: string;
  /** Bytes. */
  size: number;
}

export interface Target {
  handle: FileHandle;
  journal: Journal;
  /** Hears of bytes as they arrive; negative when some have to come again. */
  received: (bytes: number) => void;
}

/** How much is lost by a kill: bytes since the last line in the journal, for each connection. */
const JOURNAL_STEP = 1024 * 1024;

/** Pieces for which a connection goes to the Hub anew: small enough that all connections end together. */
const SMALLEST_PIECE = 1024 * 1024;
const LARGEST_PIECE = 64 * 1024 * 1024;

/** The server sends whole files only. */
class RangesIgnored extends Error {}

/**
 * Fetches what the journal misses, over as many connections as `gate` lets through (one, unless `parallel`), each
 * going on where it was cut. A server that knows no ranges is asked for the whole file, from its start after each cut.
 *
 * @throws InternVLError `FILE_INVALID` for lengths that do not match, `HUB_UNAVAILABLE`, …; errors of the disk as they are
 */
export async function fetchMissing(
  file: RemoteFile,
  target: Target,
  how: RetryPolicy & { gate: Gate; parallel: boolean; connections: number },
): Promise<void> {
  const piece = how.parallel ? pieceSize(file.size, how.connections) : file.size;
  const pieces = target.journal.missing().flatMap((span) => cut(span, piece));
  try {
    await runAll(pieces, how.gate, how.signal, (span, signal) => fetchPiece(file, target, span, { ...how, signal }));
  } catch (error) {
    if (!(error instanceof RangesIgnored)) throw error;
    target.received(-target.journal.covered);
    await target.journal.clear();
    await how.gate.run(() => fetchWhole(file, target, how));
  }
}

async function fetchPiece(file: RemoteFile, target: Target, span: Span, policy: RetryPolicy): Promise<void> {
  let position = span.start;
  await retrying(policy, async (gained) => {
    const rest = { start: position, end: span.end };
    const response = await openRange(file, rest, policy.signal);
    let noted = position;
    try {
      await writeBody(response, file, target, rest, policy.signal, async (bytes) => {
        gained();
        position += bytes;
        if (position - noted >= JOURNAL_STEP) {
          await target.journal.add({ start: noted, end: position });
          noted = position;
        }
      });
    } finally {
      await target.journal.add({ start: noted, end: position });
    }
  });
}

async function fetchWhole(file: RemoteFile, target: Target, policy: RetryPolicy): Promise<void> {
  const whole = { start: 0, end: file.size };
  await retrying(policy, async () => {
    let written = 0;
    try {
      const response = await openRange(file, whole, policy.signal);
      await writeBody(response, file, target, whole, policy.signal, async (bytes) => {
        written += bytes;
      });
    } catch (error) {
      target.received(-written);
      throw error;
    }
  });
  await target.journal.add(whole);
}

/** Asks for `span` and checks that the answer is about it. */
async function openRange(file: RemoteFile, span: Span, signal: AbortSignal | undefined): Promise<HubResponse> {
  const { http, url, path, revision, size } = file;
  const isWhole = span.start === 0 && span.end === size;
  const headers = isWhole ? undefined : { range: `bytes=${span.start}-${span.end - 1}` };
  const response = await http.request({ method: "GET", path: url, file: path, revision, headers, signal });
  try {
    checkAnswer(response, file, span, isWhole);
    return response;
  } catch (error) {
    response.body.destroy();
    throw error;
  }
}

function checkAnswer({ status, headers }: HubResponse, file: RemoteFile, span: Span, isWhole: boolean): void {
  if (isWhole && status === 200) {
    const length = headers["content-length"];
    if (length === undefined || Number(length) === file.size) return;
    throw mismatch(`${file.path} has not the size that the Hub says`, `${file.size} bytes`, length);
  }
  if (status === 200) throw new RangesIgnored();
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  if (total !== undefined && total !== "*" && Number(total) !== file.size) {
    throw mismatch(`${file.path} has not the size that the Hub says`, `${file.size} bytes`, total);
  }
  if (status !== 206 || Number(start) !== span.start || Number(end) !== span.end - 1) {
    const expected = `bytes ${span.start}-${span.end - 1}/${file.size}`;
    throw mismatch(`The server sends another range of ${file.path}`, expected, `${headers["content-range"]}`);
  }
}

/** Writes the body to its place. A body that ends early is transient, one that goes on too long is wrong. */
async function writeBody(
  response: HubResponse,
  file: RemoteFile,
  target: Target,
  span: Span,
  signal: AbortSignal | undefined,
  wrote: (bytes: number) => Promise<void>,
): Promise<void> {
  let position = span.start;
  const body = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value: chunk, done } = await body.next().catch((error: unknown) => {
        throw networkError(error, file.path, signal);
      });
      if (done) break;
      if (position + chunk.length > span.end) {
        throw mismatch(`More of ${file.path} arrives than was asked for`, `${span.end - span.start} bytes`, "more");
      }
      await writeFully(target.handle, chunk, position);
      position += chunk.length;
      target.received(chunk.length);
      await wrote(chunk.length);
    }
  } finally {
    response.body.destroy();
  }
  if (position < span.end) throw new TransientError(`${file.path} was cut off after ${position} of ${span.end} bytes`);
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

function pieceSize(size: number, connections: number): number {
  return Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.ceil(size / (connections * 4))));
}

function cut({ start, end }: Span, piece: number): Span[] {
  const pieces: Span[] = [];
  for (let from = start; from < end; from += piece) pieces.push({ start: from, end: Math.min(end, from + piece) });
  return pieces;
}
