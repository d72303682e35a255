import type { InternVLError, JsonObject, JsonValue } from "@internvl/core";
import { isObject, type Refusal } from "@internvl/core/hub";
import { type HubHttp, networkError } from "../http.js";
import { retrying, TransientError } from "../retry.js";
import type { HubSettings } from "../settings.js";
import { malformed, uploadRefusal } from "./errors.js";

/** The repository that is written to, and the means to do it. */
export interface UploadContext {
  id: string;
  revision: string;
  http: HubHttp;
  settings: HubSettings;
  signal: AbortSignal | undefined;
}

/** The Hub thinks about a commit of many files for longer than about a download. Milliseconds. */
const PATIENCE = 5 * 60_000;

export const LFS_JSON = "application/vnd.git-lfs+json";

export interface ApiRequest {
  /** Below the endpoint, or a whole address. */
  path: string;
  /** Posted when there is one. */
  body?: string;
  type?: string;
  anonymous?: boolean;
  refused?: (refusal: Refusal) => InternVLError;
  refusedElsewhere?: (refusal: Refusal) => Error;
}

/** One question to the Hub's API, tried again when that may help. @throws InternVLError, see `uploadRefusal` */
export function ask(context: UploadContext, request: ApiRequest): Promise<JsonObject> {
  const { settings, signal } = context;
  return retrying({ ...settings, signal }, () => askOnce(context, request));
}

/** The same, without a second try. @throws TransientError too */
export async function askOnce(
  { http, revision, signal }: UploadContext,
  { path, body, type = "application/json", anonymous, refused = uploadRefusal, refusedElsewhere }: ApiRequest,
): Promise<JsonObject> {
  const headers = { accept: type === LFS_JSON ? LFS_JSON : "application/json", "content-type": type };
  const response = await http.request({
    method: body === undefined ? "GET" : "POST",
    path,
    revision,
    headers: body === undefined ? { accept: headers.accept } : headers,
    ...(body !== undefined && { body: () => body }),
    anonymous,
    refused,
    refusedElsewhere,
    timeout: PATIENCE,
    signal,
  });
  const text = await response.body.text().catch((error: unknown) => {
    throw networkError(error, path, signal);
  });
  if (text.trim() === "") return {};
  let answer: JsonValue;
  try {
    answer = JSON.parse(text) as JsonValue;
  } catch {
    // A cut body is no JSON either.
    throw new TransientError(`${path} was answered with something else than JSON`);
  }
  if (isObject(answer)) return answer;
  throw malformed(path, "a JSON object", answer);
}
