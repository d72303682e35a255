import { createReadStream } from "node:fs";
import { InternVLError } from "@internvl/core";
import type { Refusal } from "@internvl/core/hub";
import type { HubResponse } from "../http.js";
import { retrying, TransientError } from "../retry.js";
import type { UploadContext } from "./api.js";
import type { LocalFile } from "./local-files.js";

/** The storage does not take what goes to this address: it was signed for a while that is over. */
export class AddressRefused extends Error {}

/** What the storage's refusal means. */
export function addressRefused({ status, message }: Refusal): AddressRefused {
  return new AddressRefused(`status ${status}${message === undefined ? "" : ` ("${message}")`}`);
}

/** Bytes in buffers on their way: on a slow line they take longer than a silence may last otherwise. */
const DRAIN = 4;

/** Sends the bytes from `start` to before `end` of a file, streamed, and once more from `start` after a failure. */
export function sendSpan(
  context: UploadContext,
  file: LocalFile,
  target: { href: string; header?: Readonly<Record<string, string>>; start: number; end: number },
  sent: (bytes: number) => void,
): Promise<HubResponse["headers"]> {
  const { settings, signal } = context;
  return retrying({ ...settings, signal }, async () => {
    let counted = 0;
    try {
      return await sendOnce(context, file, target, (bytes) => {
        counted += bytes;
        sent(bytes);
      });
    } catch (error) {
      sent(-counted);
      throw error;
    }
  });
}

async function sendOnce(
  { http, revision, settings, signal }: UploadContext,
  file: LocalFile,
  { href, header, start, end }: { href: string; header?: Readonly<Record<string, string>>; start: number; end: number },
  sent: (bytes: number) => void,
): Promise<HubResponse["headers"]> {
  const silent = new AbortController();
  const watch = setTimeout(() => silent.abort(), settings.idleTimeout * DRAIN);
  let unreadable: InternVLError | undefined;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of readSpan(file, start, end)) {
        watch.refresh();
        yield chunk;
        sent(chunk.length);
      }
    } catch (error) {
      unreadable = changedMeanwhile(file, error);
      throw unreadable;
    }
  }
  try {
    const response = await http.request({
      method: "PUT",
      path: href,
      file: file.path,
      revision,
      headers: { ...header, "content-length": String(end - start) },
      body,
      // Signed addresses carry their own right, and lie at another host.
      anonymous: true,
      refusedElsewhere: addressRefused,
      timeout: 0,
      signal: signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal]),
    });
    await response.body.dump();
    return response.headers;
  } catch (error) {
    if (silent.signal.aborted && !signal?.aborted) throw new TransientError(`${file.path}: nothing moved any more`);
    throw unreadable ?? error;
  } finally {
    clearTimeout(watch);
  }
}

async function* readSpan(file: LocalFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  let position = start;
  for await (const chunk of createReadStream(file.local, { start, end: end - 1 }) as AsyncIterable<Buffer>) {
    position += chunk.length;
    yield chunk;
  }
  if (position < end) throw new Error(`it ends after ${position} bytes`);
}

function changedMeanwhile({ path, size }: LocalFile, cause: unknown): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `${path} cannot be read while it is uploaded: ${(cause as Error).message}`,
    expected: `${size} bytes, as before`,
    fix: "Wait until the program that writes it is done, then push again.",
    cause,
  });
}
