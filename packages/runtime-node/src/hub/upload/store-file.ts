import { type Gate, runAll } from "../concurrency.js";
import { hubUnavailable } from "../errors.js";
import { ask, LFS_JSON, type UploadContext } from "./api.js";
import { malformed } from "./errors.js";
import { fetchLfsUploads, type LfsUpload } from "./lfs-batch.js";
import { AddressRefused, addressRefused, sendSpan } from "./send.js";

/** New addresses for one file: those of a part can run out while the parts before it are sent. */
const ADDRESSES = 3;

/** Puts one file into the storage, in parts where the Hub says so, and confirms it where the Hub wants that. */
export async function storeFile(
  context: UploadContext,
  first: LfsUpload,
  how: { gate: Gate; sent: (bytes: number) => void },
): Promise<void> {
  let upload: LfsUpload | undefined = first;
  for (let tries = 1; upload !== undefined; tries++) {
    let counted = 0;
    const sent = (bytes: number) => {
      counted += bytes;
      how.sent(bytes);
    };
    try {
      await storeAt(context, upload, how.gate, sent);
      return;
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      if (tries === ADDRESSES) throw hubUnavailable(new Error(`${first.file.path}: ${error.message}`), tries);
      how.sent(-counted);
      [upload] = await fetchLfsUploads(context, [first.file]);
    }
  }
  // The storage has it by now.
  how.sent(first.file.size);
}

async function storeAt(
  context: UploadContext,
  { file, upload, verify }: LfsUpload,
  gate: Gate,
  sent: (bytes: number) => void,
): Promise<void> {
  const { chunk_size, ...header } = upload.header;
  if (chunk_size === undefined) {
    await gate.run(() => sendSpan(context, file, { href: upload.href, header, start: 0, end: file.size }, sent));
  } else {
    await storeParts(context, { file, upload }, Number(chunk_size), gate, sent);
  }
  if (verify === undefined) return;
  const body = JSON.stringify({ oid: file.sha256, size: file.size });
  await ask(context, { path: verify.href, body, type: LFS_JSON });
}

/** The Hub's own kind of upload: addresses of numbered parts, and one that is told of all their etags at the end. */
async function storeParts(
  context: UploadContext,
  { file, upload }: LfsUpload,
  size: number,
  gate: Gate,
  sent: (bytes: number) => void,
): Promise<void> {
  const numbers = Object.keys(upload.header)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b));
  const expected = Math.ceil(file.size / size);
  if (!Number.isSafeInteger(size) || size < 1 || numbers.length !== expected) {
    throw malformed(`the parts of ${file.path}`, `${file.size} bytes in parts`, upload.header["chunk_size"]);
  }
  const parts = await runAll(
    numbers.map((number, index) => ({ href: upload.header[number]!, index })),
    gate,
    context.signal,
    async ({ href, index }, signal) => {
      const start = index * size;
      const target = { href, start, end: Math.min(file.size, start + size) };
      const { etag } = await sendSpan({ ...context, signal }, file, target, sent);
      if (typeof etag !== "string" || etag === "")
        throw malformed(`part ${index + 1} of ${file.path}`, "an etag", etag);
      return { partNumber: index + 1, etag };
    },
  );
  const body = JSON.stringify({ oid: file.sha256, parts });
  await ask(context, { path: upload.href, body, type: LFS_JSON, anonymous: true, refusedElsewhere: addressRefused });
}
