import { AbortedError, InternVLError } from "./errors.js";

export interface FetchBytesOptions {
  /** What somebody can do when the server cannot be reached, a sentence. */
  unreachable: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Sees how many bytes are announced and how many came; throws where that is too much. */
  check?(bytes: number): void;
  /** Reading stops as soon as so many bytes are there; a few more may be returned. Default: all. */
  most?: number;
}

/**
 * What an address answers, for media decoders.
 *
 * @param name how messages name it
 * @throws InternVLError `FILE_NOT_FOUND`, `ABORTED`, and what `check` throws
 */
export async function fetchBytes(
  url: string,
  name: string,
  { unreachable, headers, signal, check, most }: FetchBytesOptions,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { headers, signal });
    if (!response.ok) {
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `${name} could not be fetched`,
        got: `status ${response.status} ${response.statusText}`.trimEnd(),
        fix: "Check the address in a browser tab of its own.",
      });
    }
    check?.(Number(response.headers.get("content-length") ?? 0));
    return await readBody(response, check, most);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError(`Fetching ${name} was aborted`, { cause });
    // Node says "fetch failed" and keeps the reason in the error's cause.
    const reason = (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error) : (cause as Error);
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${name} could not be fetched: ${reason.message}`,
      fix: unreachable,
      cause,
    });
  }
}

/** The body, counted while it arrives: what a server says about its length need not be true. */
async function readBody(
  response: Response,
  check: FetchBytesOptions["check"],
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      chunks.push(chunk.value);
      length += chunk.value.length;
      check?.(length);
      if (length >= most) break;
    }
  } finally {
    // Whatever is left is not wanted.
    await reader?.cancel().catch(() => {});
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
