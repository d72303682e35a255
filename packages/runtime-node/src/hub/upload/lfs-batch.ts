import type { JsonObject, JsonValue } from "@internvl/core";
import { isObject } from "@internvl/core/hub";
import { ask, LFS_JSON, type UploadContext } from "./api.js";
import { malformed, outOfStorage, uploadRefusal } from "./errors.js";
import type { LocalFile } from "./local-files.js";

/** An address of the storage, or of the Hub when a file is to be confirmed there. */
interface LfsAction {
  href: string;
  header: Readonly<Record<string, string>>;
}

/** How one file goes into the storage. */
export interface LfsUpload {
  file: LocalFile;
  upload: LfsAction;
  verify?: LfsAction;
}

const MOST_FILES = 256;

/**
 * Asks where files go (https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md). Those that the storage has
 * already, from whatever repository or an earlier try, are not in the answer.
 */
export async function fetchLfsUploads(context: UploadContext, files: readonly LocalFile[]): Promise<LfsUpload[]> {
  const uploads: LfsUpload[] = [];
  for (let start = 0; start < files.length; start += MOST_FILES) {
    const some = new Map(files.slice(start, start + MOST_FILES).map((file) => [file.sha256, file]));
    const payload = {
      operation: "upload",
      transfers: ["basic", "multipart"],
      objects: [...some.values()].map(({ sha256, size }) => ({ oid: sha256, size })),
      hash_algo: "sha256",
      ref: { name: context.revision },
    };
    const path = `${context.id}.git/info/lfs/objects/batch`;
    const { objects } = await ask(context, { path, body: JSON.stringify(payload), type: LFS_JSON });
    if (!Array.isArray(objects)) throw malformed("where files go", "an array of objects", objects);
    for (const object of objects) uploads.push(...parseObject(object, some, context));
  }
  return uploads;
}

function parseObject(
  object: JsonValue,
  files: ReadonlyMap<string, LocalFile>,
  { id, settings, revision }: UploadContext,
): LfsUpload[] {
  const { oid, actions, error } = isObject(object) ? object : {};
  const file = typeof oid === "string" ? files.get(oid) : undefined;
  if (file === undefined) throw malformed("where files go", "one of the files that were asked about", oid);
  if (isObject(error)) {
    const message = typeof error["message"] === "string" ? error["message"] : "no reason";
    const status = Number(error["code"]);
    // An object's own error is about that object: 422 too large, 507 no room.
    if (status === 422) throw outOfStorage(id, settings.endpoint, ` ("${file.path}: ${message}")`);
    throw uploadRefusal({ id, revision, endpoint: settings.endpoint, status, message, token: true });
  }
  const upload = isObject(actions) ? actions["upload"] : undefined;
  if (!isObject(actions) || upload === undefined) return [];
  const verify = actions["verify"];
  return [
    {
      file,
      upload: parseAction(upload, file),
      ...(verify !== undefined && verify !== null && { verify: parseAction(verify, file) }),
    },
  ];
}

function parseAction(action: JsonValue, file: LocalFile): LfsAction {
  const { href, header } = isObject(action) ? action : ({} as JsonObject);
  if (typeof href !== "string" || !URL.canParse(href) || !/^https?:$/.test(new URL(href).protocol)) {
    throw malformed(`where ${file.path} goes`, "an address", href);
  }
  const entries = isObject(header) ? Object.entries(header) : [];
  return { href, header: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])) };
}
