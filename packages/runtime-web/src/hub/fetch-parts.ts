import { runAll } from "./concurrency.js";
import type { Part, StoredParts } from "./parts.js";
import type { TransferSettings } from "./settings.js";
import { type Answer, type TransferRequest, TransientError, transfer } from "./transfer.js";

export interface PartsRequest extends TransferRequest {
  /** Hears of bytes that arrived; a negative number when they have to come again. */
  received(bytes: number): void;
}

/** Fetches the missing parts of a file, side by side where the server knows ranges, and else in one stream. */
export async function fetchParts(
  settings: TransferSettings,
  parts: StoredParts,
  missing: readonly Part[],
  request: PartsRequest,
): Promise<void> {
  const [first, ...others] = missing;
  // The first one shows whether the server knows ranges.
  if (first === undefined || (await fetchRange(settings, parts, first, [...missing], request))) return;
  await runAll(others, settings.connections, request.signal, async (part, signal) => {
    await fetchRange(settings, parts, part, [part], { ...request, signal });
  });
}

/**
 * Fetches one part; from a server that sends the whole file instead, all that are `wanted`.
 *
 * @returns whether the server sent the whole file
 */
function fetchRange(
  settings: TransferSettings,
  parts: StoredParts,
  part: Part,
  wanted: Part[],
  request: PartsRequest,
): Promise<boolean> {
  const headers = { ...request.headers, range: `bytes=${part.start}-${part.end - 1}` };
  return transfer(settings, { ...request, headers }, async (answer) => {
    const whole = answer.response.status !== 206;
    await store(answer, whole ? 0 : part.start, parts, whole ? wanted : [part], request.received);
    return whole;
  });
}

/** Writes a body that begins at the byte `at` of the file into the parts, which ascend; takes those that are done away. */
async function store(
  { chunks, gained }: Answer,
  at: number,
  parts: StoredParts,
  wanted: Part[],
  received: (bytes: number) => void,
): Promise<void> {
  let writing: FileSystemWritableFileStream | undefined;
  let written = 0;
  try {
    for await (let chunk of chunks()) {
      for (let part = wanted[0]; part !== undefined && at + chunk.length > part.start; part = wanted[0]) {
        // Between two parts may lie one that is here already.
        chunk = chunk.subarray(Math.max(0, part.start - at));
        at = Math.max(at, part.start);
        const piece = chunk.subarray(0, part.end - at);
        writing ??= await parts.create(part);
        await writing.write(piece);
        received(piece.length);
        written += piece.length;
        at += piece.length;
        chunk = chunk.subarray(piece.length);
        if (at < part.end) break;
        await writing.close();
        [writing, written] = [undefined, 0];
        wanted.shift();
        gained();
      }
      if (wanted.length === 0) return;
      at += chunk.length;
    }
    throw new TransientError(`the body ended at byte ${at} of ${wanted.at(-1)?.end}`);
  } finally {
    // Half a part is none: it comes again.
    if (written > 0) received(-written);
    await writing?.abort().catch(() => {});
  }
}
