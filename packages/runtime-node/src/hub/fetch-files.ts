import type { LongCallOptions } from "@internvl/core";
import type { RepoFile } from "@internvl/core/hub";
import { type Checksum, checksumOf } from "./checksum.js";
import { Gate, runAll } from "./concurrency.js";
import { assertSpace, assertWithinLimit } from "./disk-space.js";
import { downloadBlob } from "./download.js";
import { mismatch } from "./errors.js";
import type { HubHttp } from "./http.js";
import type { RepoCache } from "./layout.js";
import { ByteMeter } from "./meter.js";
import { retrying } from "./retry.js";
import type { HubSettings } from "./settings.js";
import { WorkFolder } from "./work-folder.js";

/** A model at a commit, and the means to fetch from it. */
export interface RemoteModel {
  id: string;
  commit: string;
  http: HubHttp;
  cache: RepoCache;
  settings: HubSettings;
}

/** What the Hub says about one file when it is asked for it. */
interface FileHead {
  file: RepoFile;
  url: string;
  etag: string;
  size: number;
  checksum: Checksum | undefined;
}

/** Questions are short: more of them at a time would only meet the Hub's rate limit. */
const QUESTIONS = 8;

/**
 * Brings files into the cache: asks about each, checks limit and disk, fetches the blobs that are not there, links them
 * into the snapshot. Progress is that of all together, under `name`.
 */
export async function fetchFiles(
  model: RemoteModel,
  files: readonly RepoFile[],
  name: string,
  { signal, progress_callback: progress }: LongCallOptions,
): Promise<void> {
  const { cache, settings, id, commit, http } = model;
  const heads = await runAll(files, new Gate(QUESTIONS), signal, (file, either) => askAbout(model, file, either));
  await cache.prepare();
  const absent: FileHead[] = [];
  for (const head of heads) {
    if (!(await cache.hasBlob(head.etag, head.size))) absent.push(head);
    // Killed between naming the blob and removing its folder.
    else await WorkFolder.sweep(cache.blob(head.etag));
  }

  const total = absent.reduce((sum, { size }) => sum + size, 0);
  assertWithinLimit(total, settings.maxBytes, id);
  const begun = await Promise.all(absent.map(({ etag }) => WorkFolder.bytesBegun(cache.blob(etag))));
  await assertSpace(cache.blobs, total - begun.reduce((sum, bytes) => sum + bytes, 0));

  const gate = new Gate(settings.connections);
  const meter = new ByteMeter(progress, { stage: "download", name, total });
  await runAll(absent, new Gate(settings.connections), signal, (head, either) =>
    downloadBlob(
      {
        file: { http, url: head.url, path: head.file.path, revision: commit, size: head.size },
        checksum: head.checksum,
        blob: cache.blob(head.etag),
      },
      { settings, gate, meter, progress, signal: either },
    ),
  );
  for (const head of heads) await cache.link(head.etag, commit, head.file.path);
}

/** @throws InternVLError `FILE_INVALID` when the answer contradicts the listing */
async function askAbout(model: RemoteModel, file: RepoFile, signal: AbortSignal): Promise<FileHead> {
  const { id, commit, http, settings } = model;
  const url = `${id}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
  const headers = await retrying({ ...settings, signal }, async () => {
    const stopAt = (answer: { [name: string]: unknown }) => answer["x-linked-etag"] !== undefined;
    const request = { method: "HEAD", path: url, file: file.path, revision: commit, stopAt, signal } as const;
    const response = await http.request(request);
    await response.body.dump();
    return response.headers;
  });
  const etag = normalizeEtag(header(headers["x-linked-etag"]) ?? header(headers["etag"]));
  const length = header(headers["x-linked-size"]) ?? header(headers["content-length"]);
  const size = length === undefined ? file.size : Number(length);
  if (etag === undefined || size === undefined || !Number.isSafeInteger(size) || size < 0) {
    throw mismatch(
      `The Hub's answer about ${file.path} of ${id} says too little`,
      "an etag and a size",
      `${etag}, ${length}`,
    );
  }
  if (file.size !== undefined && size !== file.size) {
    throw mismatch(`Listing and file disagree about ${file.path} of ${id}`, `${file.size} bytes`, `${size}`);
  }
  const checksum = checksumOf(etag);
  if (file.sha256 !== undefined && checksum?.kind === "sha256" && checksum.hex !== file.sha256) {
    throw mismatch(`Listing and file disagree about ${file.path} of ${id}`, file.sha256, etag);
  }
  return { file, url, etag, size, checksum: listed(file) ?? checksum };
}

/** The checksum of the content that the listing names: a git hash is that of a pointer where there is an sha256. */
function listed({ sha256, blobId }: RepoFile): Checksum | undefined {
  if (sha256 !== undefined) return { kind: "sha256", hex: sha256 };
  return blobId === undefined ? undefined : { kind: "git-sha1", hex: blobId };
}

function normalizeEtag(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "").replace(/^"|"$/g, "") || undefined;
}

function header(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
