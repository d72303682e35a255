import { assertSafePath, InternVLError, type LongCallOptions, type ModelFiles, throwIfAborted } from "@internvl/core";
import { byteMeter } from "../hub/meter.js";
import type { TransferSettings } from "../hub/settings.js";
import { type Answer, type TransferRequest, TransientError, transfer } from "../hub/transfer.js";
import { assertRange } from "./blob-files.js";

/** A JSON array of a folder's paths: the web has no listing of its own. */
const LISTING_FILE = "files.json";

/** What servers of single-page apps answer for every address that they do not know. */
const WEB_PAGE = /^text\/html\b/i;

/**
 * The files of a folder on a web server. What there is says its `files.json`, a JSON array of paths beside them. Files are
 * fetched when they are read, ranges with HTTP ranges. Whole files are kept only as long as the browser's HTTP cache keeps
 * them, ranges not at all.
 */
export class UrlFiles implements ModelFiles {
  /** The folder's address, ending in `/`. */
  readonly name: string;
  readonly #settings: TransferSettings;
  readonly #sizes = new Map<string, Promise<number>>();
  #listing: Promise<string[]> | undefined;
  /** A server that knows no ranges sends everything. */
  #sendsWholeFiles = false;

  constructor(url: string, settings: TransferSettings) {
    this.name = new URL(`${url.replace(/\/+$/, "")}/`, location.href).href;
    this.#settings = settings;
  }

  async list(): Promise<string[]> {
    this.#listing ??= this.#readListing();
    this.#listing.catch(() => {
      this.#listing = undefined;
    });
    return [...(await this.#listing)];
  }

  async has(path: string): Promise<boolean> {
    return (await this.list()).includes(assertSafePath(path, this.name));
  }

  size(path: string): Promise<number> {
    const size = this.#sizes.get(path) ?? this.#askSize(path);
    this.#sizes.set(path, size);
    size.catch(() => this.#sizes.delete(path));
    return size;
  }

  async read(path: string, options: LongCallOptions = {}): Promise<Uint8Array> {
    return new Uint8Array(await (await this.blob(path, options)).arrayBuffer());
  }

  async readRange(path: string, start: number, end: number, options: LongCallOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    assertRange(path, this.name, start, end, await this.size(path));
    if (start === end) return new Uint8Array();
    const headers = { range: `bytes=${start}-${end - 1}` };
    // Chromium's HTTP cache cuts ranges off that are asked for while it stores their neighbours. Whole files it may keep.
    const cache = this.#sendsWholeFiles ? "default" : "no-store";
    return this.#ask(path, options, { headers, cache }, async ({ response, chunks }) => {
      const isWhole = response.status !== 206;
      this.#sendsWholeFiles = isWhole;
      const blob = await collect(chunks());
      const range = isWhole ? blob.slice(start, end) : blob;
      if (range.size !== end - start) throw new TransientError(`${range.size} bytes came of ${end - start}`);
      return new Uint8Array(await range.arrayBuffer());
    });
  }

  /** The file, fetched whole; browsers keep large Blobs on the disk and not in memory. */
  async blob(path: string, options: LongCallOptions = {}): Promise<Blob> {
    throwIfAborted(options.signal);
    return this.#ask(path, options, {}, async ({ response, chunks }) => {
      const total = Number(response.headers.get("content-length") ?? 0);
      return collect(chunks(), byteMeter(options.progress_callback, { stage: "download", name: path, total }));
    });
  }

  #askSize(path: string): Promise<number> {
    return this.#ask(path, {}, { method: "HEAD" }, async ({ response: { headers } }) => {
      const length = headers.get("content-length");
      // The length of a compressed body is another one.
      const plain = (headers.get("content-encoding") ?? "identity") === "identity";
      return length !== null && plain ? Number(length) : (await this.blob(path)).size;
    });
  }

  async #readListing(): Promise<string[]> {
    const listing = await this.#ask(LISTING_FILE, {}, {}, async ({ chunks }) => {
      try {
        return JSON.parse(await (await collect(chunks())).text()) as unknown;
      } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
      }
    });
    if (!Array.isArray(listing) || !listing.every((path) => typeof path === "string")) {
      throw new InternVLError("FILE_INVALID", {
        what: `${this.name}${LISTING_FILE} is no listing`,
        expected: 'a JSON array of paths: ["config.json", "onnx/vision_encoder.onnx", …]',
      });
    }
    return listing.map((path) => assertSafePath(path, `${this.name}${LISTING_FILE}`)).sort();
  }

  async #ask<Result>(
    path: string,
    { signal }: LongCallOptions,
    request: Pick<TransferRequest, "method" | "headers" | "cache">,
    use: (answer: Answer) => Promise<Result>,
  ): Promise<Result> {
    const encoded = assertSafePath(path, this.name).split("/").map(encodeURIComponent).join("/");
    const refused = (response: Response) => this.#refused(path, response);
    return transfer(this.#settings, { url: this.name + encoded, signal, refused, ...request }, async (answer) => {
      const { headers } = answer.response;
      if (WEB_PAGE.test(headers.get("content-type") ?? "")) throw this.#refused(path, answer.response);
      return use(answer);
    });
  }

  #refused(path: string, { status, ok }: Response): InternVLError {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `${path} is not in ${this.name}`,
      got: ok ? "a web page" : `status ${status}`,
      fix:
        path === LISTING_FILE
          ? "Put a file of that name there: a JSON array of the paths of all files of the folder."
          : "Check the address.",
    });
  }
}

/** How much of a body is held in memory until it becomes part of a Blob. */
const HELD = 8 * 1024 * 1024;

async function collect(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>, count?: (bytes: number) => void): Promise<Blob> {
  const pieces: Blob[] = [];
  let held: BlobPart[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    count?.(chunk.length);
    if (bytes < HELD) continue;
    pieces.push(new Blob(held));
    [held, bytes] = [[], 0];
  }
  return new Blob([...pieces, ...held]);
}
