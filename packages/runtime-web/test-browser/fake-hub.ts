import { answerBytes } from "./answer.js";

export const ID = "OpenGVLab/InternVL2_5-1B";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface LoggedRequest {
  path: string;
  range: string | null;
  authorization: string | null;
}

/** May answer in the Hub's place. */
export type Fault = (request: LoggedRequest, signal: AbortSignal) => Response | Promise<Response> | undefined;

/** A `fetch` that plays the Hub, with a log of what it was asked. */
export class FakeHub {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly log: LoggedRequest[] = [];
  commit: string = COMMIT;
  ranges = true;
  /** Asked before each answer. */
  fault: Fault = () => undefined;

  constructor(files: Record<string, Uint8Array<ArrayBuffer>>) {
    this.files = new Map(Object.entries(files));
  }

  /** What was asked but listings. */
  get bodies(): LoggedRequest[] {
    return this.log.filter(({ path }) => path.includes("/resolve/"));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    init?.signal?.throwIfAborted();
    const { pathname } = new URL(String(input));
    const headers = new Headers(init?.headers);
    const request = { path: pathname, range: headers.get("range"), authorization: headers.get("authorization") };
    this.log.push(request);
    const instead = await this.fault(request, init!.signal!);
    if (instead !== undefined) return instead;
    if (pathname.startsWith(`/api/models/${ID}/`)) return Response.json(await this.listing());
    const [, path] = /\/resolve\/[^/]+\/(.+)$/.exec(pathname) ?? [];
    const bytes = this.files.get(decodeURIComponent(path ?? ""));
    if (bytes !== undefined) return answerBytes(bytes, init, this);
    return new Response(null, { status: 404, headers: { "x-error-code": path ? "EntryNotFound" : "RepoNotFound" } });
  };

  /** Files over 1000 bytes lie in LFS. */
  async listing(): Promise<{ sha: string; siblings: Record<string, unknown>[] }> {
    const siblings = [...this.files].map(async ([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: await digest("SHA-1", new TextEncoder().encode(`blob ${bytes.length}\0`), bytes),
      ...(bytes.length > 1000 && { lfs: { sha256: await digest("SHA-256", bytes) } }),
    }));
    return { sha: this.commit, siblings: await Promise.all(siblings) };
  }
}

/** Bytes that no two files share. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 16;
  });
}

async function digest(kind: "SHA-1" | "SHA-256", ...parts: Uint8Array<ArrayBuffer>[]): Promise<string> {
  const hash = await crypto.subtle.digest(kind, await new Blob(parts).arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
