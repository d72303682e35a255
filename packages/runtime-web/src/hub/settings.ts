import type { HubOptions } from "@internvl/core";

/** How a store reaches the Hub. What differs from call to call is in `HubOptions`. */
export interface WebFilesOptions {
  /** Default `https://huggingface.co`. A mirror, or a proxy of your own, must allow the page (CORS). */
  endpoint?: string;
  /** How many connections carry data at the same time. Default 4, of the 6 that browsers allow to one server. */
  connections?: number;
  /** Files are fetched and stored in parts of this many bytes: what a reload in the middle costs. Default 16 MiB. */
  partBytes?: number;
  /** How often something that may pass (429, 5xx, a cut connection) is tried again without a byte gained. Default 5. */
  retries?: number;
  /** Milliseconds before the first new try; each further one waits twice as long, up to 30 s. Default 1000. */
  retryDelay?: number;
  /** A connection that stays silent for so many milliseconds is given up and tried again. Default 30,000. */
  idleTimeout?: number;
  /** Default: the page's `fetch`. One of your own can add headers or log. */
  fetch?: typeof fetch;
}

/** Every choice made. */
export interface TransferSettings extends Required<WebFilesOptions> {
  token: string | undefined;
}

export function resolveSettings(store: WebFilesOptions, { token }: HubOptions): TransferSettings {
  return {
    endpoint: (store.endpoint ?? "https://huggingface.co").replace(/\/+$/, ""),
    connections: store.connections ?? 4,
    partBytes: store.partBytes ?? 16 * 1024 * 1024,
    retries: store.retries ?? 5,
    retryDelay: store.retryDelay ?? 1000,
    idleTimeout: store.idleTimeout ?? 30_000,
    // Looked up at each call: a page may replace it later.
    fetch: store.fetch ?? ((input, init) => fetch(input, init)),
    token,
  };
}
