import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { AbortedError, type InternVLError } from "@internvl/core";
import { type Refusal, refusalError } from "@internvl/core/hub";
import type { Dispatcher } from "undici";
import { lazyModule } from "../load-module.js";
import { hubUnavailable, WORDS } from "./errors.js";
import { TransientError } from "./retry.js";
import type { HubSettings } from "./settings.js";
import { authorization } from "./token.js";

const loadUndici = lazyModule("undici", () => import("undici"));

export interface HubRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  /** Below the endpoint, already encoded; or a whole address that the Hub gave, which may be another host's. */
  path: string;
  /** What is sent. Made anew for each try and each redirect that keeps it. */
  body?: () => string | AsyncIterable<Uint8Array>;
  /** Send no token, whatever the host: the address is signed. */
  anonymous?: boolean;
  /** What an answer of 4xx of the Hub means. Default: `refusalError`, what it means for reading. */
  refused?: (refusal: Refusal) => InternVLError;
  /** What an answer of 4xx of another host means. Default: something passing, the Hub gives a new address. */
  refusedElsewhere?: (refusal: Refusal) => Error;
  /** For messages: which file this is about; undefined for the listing. */
  file?: string;
  revision: string;
  headers?: Record<string, string>;
  /** Hand back the first redirect to another host instead of following it, unless it says too little. */
  stopAt?: (headers: IncomingHttpHeaders) => boolean;
  /** Milliseconds until the answer has to begin. Default: the store's `idleTimeout`. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface HubResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read to its end or dumped, or the connection is lost for others. */
  body: Dispatcher.ResponseData["body"];
}

/** More than any real chain: the Hub, a regional host, a CDN. */
const MOST_REDIRECTS = 8;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Answers that a wait can mend. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Failures of a connection that a wait can mend; an unknown host or a bad certificate is none. */
const PASSING_CODES =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|HPE_|UND_ERR_(SOCKET|.*TIMEOUT|RES_CONTENT_LENGTH_MISMATCH)$)/;

/** Requests to the Hub about one model. Redirects are followed here, because the token belongs to one host only. */
export class HubHttp {
  readonly #id: string;
  readonly #settings: HubSettings;
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(id: string, settings: HubSettings) {
    this.#id = id;
    this.#settings = settings;
  }

  /**
   * The answer, 2xx (or a redirect that `stopAt` took).
   *
   * @throws TransientError for what a new try may mend; InternVLError for the rest (see `refusalError`)
   */
  async request(request: HubRequest): Promise<HubResponse> {
    const { endpoint, token } = this.#settings;
    const home = new URL(endpoint).origin;
    let url = new URL(/^https?:/.test(request.path) ? request.path : `${endpoint}/${request.path}`);
    let trusted = request.anonymous !== true;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      // Once away from the Hub, the token stays behind, even when the way leads back.
      trusted &&= url.origin === home;
      const headers: Record<string, string> = {
        "user-agent": `internvl; node/${process.versions.node}`,
        // Sizes and ranges are those of the file, not of a compressed form of it.
        "accept-encoding": "identity",
        ...request.headers,
      };
      if (trusted && token !== undefined) headers["authorization"] = authorization(token);
      const response = await this.#send(url, request, headers);
      const target = REDIRECTS.has(response.status) ? response.headers["location"] : undefined;
      if (target === undefined) return this.#accept(response, url, request, trusted);

      const next = URL.canParse(target, url) ? new URL(target, url) : undefined;
      await response.body.dump();
      if (next === undefined || !/^https?:$/.test(next.protocol)) {
        throw hubUnavailable(new Error(`${url.origin} redirects to ${JSON.stringify(target)}`), 1);
      }
      if (request.body !== undefined && !mayResend(response.status, trusted, next.origin === home)) {
        throw hubUnavailable(new Error(`${url.origin} redirects what is sent to ${next.origin}`), 1);
      }
      if (next.origin !== url.origin && request.stopAt?.(response.headers)) return response;
      url = next;
    }
    throw hubUnavailable(new Error(`more than ${MOST_REDIRECTS} redirects, the last to ${url.origin}`), 1);
  }

  async #send(
    url: URL,
    { method, body: makeBody, signal, timeout }: HubRequest,
    headers: Record<string, string>,
  ): Promise<HubResponse> {
    const { request } = await loadUndici();
    const dispatcher = await this.#connect();
    try {
      const made = makeBody?.();
      const sent = made === undefined || typeof made === "string" ? made : Readable.from(made, { objectMode: false });
      const options = { method, headers, body: sent, signal, dispatcher, headersTimeout: timeout };
      const { statusCode, headers: answer, body } = await request(url, options);
      // A body that is given up early reports that as an error, which concerns nobody.
      body.on("error", () => {});
      return { status: statusCode, headers: answer, body };
    } catch (error) {
      throw networkError(error, url, signal);
    }
  }

  async #accept(response: HubResponse, url: URL, request: HubRequest, trusted: boolean): Promise<HubResponse> {
    const { status, headers } = response;
    if (status >= 200 && status < 300) return response;
    const detail = text(headers["x-error-message"]) ?? (await errorOf(response));
    if (PASSING.has(status)) {
      throw new TransientError(`${url.origin} answered with status ${status}`, { wait: askedWait(headers) });
    }
    const { endpoint, token } = this.#settings;
    const refusal: Refusal = {
      id: this.#id,
      revision: request.revision,
      path: request.file,
      endpoint,
      status,
      code: text(headers["x-error-code"]),
      message: detail,
      token: token !== undefined,
    };
    if (trusted) throw request.refused?.(refusal) ?? refusalError(refusal, WORDS);
    // An address at a CDN is signed for a while only; the Hub gives a new one.
    throw request.refusedElsewhere?.(refusal) ?? new TransientError(`${url.origin} answered with status ${status}`);
  }

  #connect(): Promise<Dispatcher> {
    this.#dispatcher ??= loadUndici().then(({ EnvHttpProxyAgent }) => {
      const { environment, idleTimeout } = this.#settings;
      // Empty strings and not undefined: undici would look at the program's own environment.
      return new EnvHttpProxyAgent({
        httpProxy: environment["http_proxy"] || environment["HTTP_PROXY"] || "",
        httpsProxy: environment["https_proxy"] || environment["HTTPS_PROXY"] || "",
        noProxy: environment["no_proxy"] || environment["NO_PROXY"] || "",
        // https is tunnelled all the same; many proxies refuse to tunnel http.
        proxyTunnel: false,
        connect: { timeout: Math.min(idleTimeout, 10_000) },
        headersTimeout: idleTimeout,
        bodyTimeout: idleTimeout,
      });
    });
    return this.#dispatcher;
  }
}

/** 307 and 308 keep what is sent. What is meant for the Hub, with its token, goes to no other host. */
function mayResend(status: number, trusted: boolean, home: boolean): boolean {
  return (status === 307 || status === 308) && (home || !trusted);
}

/** Longer ones are pages for browsers. */
const LONGEST_ERROR = 16 * 1024;

/** `error` of the JSON that the Hub's API answers with. Leaves nothing of the body unread. */
async function errorOf({ body, headers }: HubResponse): Promise<string | undefined> {
  if (!/json/.test(text(headers["content-type"]) ?? "")) {
    await body.dump();
    return undefined;
  }
  let answer = "";
  try {
    for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
      answer += chunk;
      if (answer.length > LONGEST_ERROR) break;
    }
    const { error, message } = JSON.parse(answer) as { error?: unknown; message?: unknown };
    return [error, message].find((value) => typeof value === "string") as string | undefined;
  } catch {
    // The status says enough.
    return undefined;
  }
}

/** What a failed connection or a cut body means. */
export function networkError(error: unknown, url: URL | string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return new AbortedError("The transfer was aborted", { cause: signal.reason });
  const { code = "", message } = error as NodeJS.ErrnoException;
  const place = typeof url === "string" ? url : url.origin;
  const described = new Error(`${place}: ${message || code}`, { cause: error });
  return PASSING_CODES.test(code)
    ? new TransientError(described.message, { cause: error })
    : hubUnavailable(described, 1);
}

/** Milliseconds that `Retry-After` (seconds or a date) or the Hub's `RateLimit` (`"api";r=0;t=55`) asks for. */
function askedWait(headers: IncomingHttpHeaders): number | undefined {
  const after = headers["retry-after"];
  if (after !== undefined) {
    const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
    if (Number.isFinite(wait)) return Math.max(0, wait);
  }
  const reset = /\br=0\b.*?\bt=(\d+)/.exec(text(headers["ratelimit"]) ?? "")?.[1];
  return reset === undefined ? undefined : Number(reset) * 1000;
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}
