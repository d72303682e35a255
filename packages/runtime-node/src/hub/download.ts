import { open } from "node:fs/promises";
import { InternVLError, type ProgressCallback } from "@internvl/core";
import { isMissing } from "../files/system-error.js";
import { writeFailed } from "../files/write-failed.js";
import { type Checksum, hashFile } from "./checksum.js";
import type { Gate } from "./concurrency.js";
import { mismatch } from "./errors.js";
import { Journal } from "./journal.js";
import { ByteMeter } from "./meter.js";
import { fetchMissing, type RemoteFile } from "./ranges.js";
import type { HubSettings } from "./settings.js";
import { WorkFolder } from "./work-folder.js";

/** One blob to be fetched. */
export interface Download {
  file: RemoteFile;
  /** Undefined when the server names none: then only the size is checked. */
  checksum: Checksum | undefined;
  /** Where it goes. */
  blob: string;
}

export interface DownloadContext {
  settings: HubSettings;
  /** Shared by all that is fetched together. */
  gate: Gate;
  meter: ByteMeter;
  progress: ProgressCallback | undefined;
  signal: AbortSignal | undefined;
}

/** Wrong content can come from a cache on the way once; twice, it is what the server has. */
const TRIES = 2;

/** The content is not what its checksum says. */
class WrongContent extends Error {}

/**
 * Fetches a blob unless it is there, going on from what an earlier try (of this process or another) got. It appears
 * under its name when its size and checksum were right. What was fetched stays after an error or an abort.
 *
 * @throws InternVLError `FILE_INVALID` when the content is wrong twice, `FILE_WRITE_FAILED`, `HUB_UNAVAILABLE`, `ABORTED`
 */
export async function downloadBlob(download: Download, context: DownloadContext): Promise<void> {
  let counted = 0;
  const count = (bytes: number, kind: "found" | "received") => {
    counted += bytes;
    context.meter[kind](bytes);
  };
  for (let failures = 0; ; ) {
    const work = await WorkFolder.claim(download.blob, {
      signal: context.signal,
      waiting: (bytes) => count(bytes - counted, "found"),
    });
    if (work === undefined) {
      count(download.file.size - counted, "found");
      return;
    }
    try {
      await fill(work, download, context, count, () => counted);
      await work.finish();
      return;
    } catch (error) {
      if (error instanceof WrongContent) {
        await work.discard();
        count(-counted, "received");
        failures += 1;
        if (failures < TRIES) continue;
        throw wrongContent(download, error);
      }
      await work.release();
      if (InternVLError.isInstance(error)) throw error;
      // Another process took the folder while this one was stopped: wait for it as for any other.
      if (!isMissing(error)) throw writeFailed(download.blob, error);
    }
  }
}

async function fill(
  work: WorkFolder,
  { file, checksum }: Download,
  { settings, gate, signal, progress }: DownloadContext,
  count: (bytes: number, kind: "found" | "received") => void,
  counted: () => number,
): Promise<void> {
  const journal = await Journal.open(work.journal, file.size);
  count(journal.covered - counted(), "found");
  // "a" would ignore positions, "r+" wants the file to be there, "w" empties it.
  await (await open(work.data, "a")).close();
  const handle = await open(work.data, "r+");
  try {
    const target = { handle, journal, received: (bytes: number) => count(bytes, "received") };
    const { connections, parallelFrom, retries, retryDelay } = settings;
    const parallel = file.size >= parallelFrom;
    await fetchMissing(file, target, { gate, signal, parallel, connections, retries, retryDelay });
    const { size } = await handle.stat();
    if (size !== file.size) throw new WrongContent(`${size} bytes`);
  } finally {
    await handle.close();
  }
  if (checksum === undefined) return;
  const meter = new ByteMeter(progress, { stage: "verify", name: file.path, total: file.size });
  const got = await hashFile(work.data, checksum.kind, { signal, hashed: (bytes) => meter.received(bytes) });
  if (got !== checksum.hex) throw new WrongContent(`${checksum.kind} ${got}`);
}

function wrongContent({ file, checksum }: Download, error: WrongContent): InternVLError {
  const expected = checksum === undefined ? `${file.size} bytes` : `${checksum.kind} ${checksum.hex}`;
  return mismatch(`${file.path} arrived ${TRIES} times with other content than the Hub says`, expected, error.message);
}
