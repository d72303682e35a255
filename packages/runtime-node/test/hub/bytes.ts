import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

export function refuse(response: ServerResponse, status: number, code?: string, message?: string): void {
  if (code !== undefined) response.setHeader("X-Error-Code", code);
  if (message !== undefined) response.setHeader("X-Error-Message", message);
  response.writeHead(status).end("refused");
}

/** Bytes that repeat nowhere, the same for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const block = createHash("shake256", { outputLength: 65536 }).update(`seed ${seed}`).digest();
  const bytes = Buffer.alloc(length);
  for (let start = 0, n = 0; start < length; start += 65536, n++) {
    block.copy(bytes, start, 0, Math.min(65536, length - start));
    if (length - start >= 4) bytes.writeUInt32LE(n, start);
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function gitSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
