import { join } from "node:path";
import type { HubOptions } from "@internvl/core";
import { type Environment, expand, isTrue } from "./environment.js";
import { findToken } from "./token.js";

/** How a store reaches the Hub. What differs from call to call is in `HubOptions`. */
export interface NodeFilesOptions {
  /** Default: `HF_ENDPOINT`, else `https://huggingface.co`. */
  endpoint?: string;
  /** How many connections carry data at the same time. Default 8: one alone rarely fills a fast line. */
  connections?: number;
  /** Files of this many bytes and more are fetched in several ranges at once. Default 64 MiB. */
  parallelFrom?: number;
  /** A call that would fetch more bytes is refused. Default 512 GiB, three times the family's largest checkpoint. */
  maxBytes?: number;
  /** How often something that may pass (429, 5xx, a cut connection) is tried again without a byte gained. Default 6. */
  retries?: number;
  /** Milliseconds before the first new try; each further one waits twice as long, up to 30 s. Default 1000. */
  retryDelay?: number;
  /** A connection that stays silent for so many milliseconds is given up and tried again. Default 30,000. */
  idleTimeout?: number;
  /** Default: `process.env`, as it is when a model is opened. */
  environment?: Environment;
}

/** What holds for one model that is opened. */
export interface HubSettings extends Required<Omit<NodeFilesOptions, "environment">> {
  environment: Environment;
  /** The folder of the cache, absolute. */
  cacheDir: string;
  token: string | undefined;
  /** Why the network may not be used; undefined when it may. */
  offline: string | undefined;
  /** False when files are to be copied into snapshots instead. */
  symlinks: boolean;
}

const MEBIBYTE = 1024 * 1024;

/** Options, environment and defaults together, in the order in which `huggingface_hub` looks at them. */
export async function resolveSettings(store: NodeFilesOptions, call: HubOptions): Promise<HubSettings> {
  const environment = store.environment ?? process.env;
  return {
    endpoint: (store.endpoint ?? (environment["HF_ENDPOINT"] || "https://huggingface.co")).replace(/\/+$/, ""),
    connections: store.connections ?? 8,
    parallelFrom: store.parallelFrom ?? 64 * MEBIBYTE,
    maxBytes: store.maxBytes ?? 512 * 1024 * MEBIBYTE,
    retries: store.retries ?? 6,
    retryDelay: store.retryDelay ?? 1000,
    idleTimeout: store.idleTimeout ?? 30_000,
    environment,
    cacheDir: call.cache_dir === undefined ? cacheFolder(environment) : expand(call.cache_dir, environment),
    token: call.token ?? (await findToken(environment, homeFolder(environment))),
    offline: offlineReason(environment, call),
    symlinks: !isTrue(environment["HF_HUB_DISABLE_SYMLINKS"]),
  };
}

function cacheFolder(environment: Environment): string {
  const named = environment["HF_HUB_CACHE"] || environment["HUGGINGFACE_HUB_CACHE"];
  return named ? expand(named, environment) : join(homeFolder(environment), "hub");
}

function homeFolder(environment: Environment): string {
  const named = environment["HF_HOME"];
  if (named) return expand(named, environment);
  return join(expand(environment["XDG_CACHE_HOME"] || "~/.cache", environment), "huggingface");
}

function offlineReason(environment: Environment, call: HubOptions): string | undefined {
  if (call.local_files_only) return "local_files_only is set";
  for (const name of ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]) {
    if (isTrue(environment[name])) return `${name} is set`;
  }
  return undefined;
}
