import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isErrno, isMissing } from "../files/system-error.js";
import { writeFailed } from "../files/write-failed.js";
import { Journal } from "./journal.js";
import { pause } from "./retry.js";

/** How often an owner shows that it is alive, and others look. */
const HEARTBEAT = 1000;

/** A silent owner is given up after this long: 20 beats missed. Its process is gone, or stopped, or on a lost host. */
const SILENCE = 20 * HEARTBEAT;

/** Process ids tell nothing about processes of another machine that shares the cache. */
const HOST = createHash("sha1").update(hostname()).digest("hex").slice(0, 8);

/** The owner of a folder that was left behind on purpose, by an abort or an error. */
const NOBODY = "0";

/**
 * A folder `blobs/ETAG.PID-HOST-RANDOM.incomplete` in which one process builds one blob: `data` and `journal`. The blob
 * of a download is a file; whoever makes a folder (a conversion that is kept) makes `data` one.
 *
 * There are no locks. Whoever wants a blob renames the folder of an owner that is gone to its own name, which only one
 * can do, or makes a new one; while another owner is alive it waits for the blob to appear. Should two ever work on
 * the same blob (an owner that was stopped for minutes and comes back), time is lost and nothing else: a blob gets its
 * name by a rename, after its checksum was right.
 */
export class WorkFolder {
  readonly #blob: string;
  readonly #path: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(blob: string, path: string) {
    this.#blob = blob;
    this.#path = path;
    this.#beat = setInterval(() => void touch(path), HEARTBEAT);
    this.#beat.unref();
  }

  /**
   * The folder for `blob`, with what an earlier owner got done; undefined when the blob is (or, after waiting for
   * another process, has come to be) there. `waiting` hears once a second how many bytes the other process has.
   *
   * @throws InternVLError `FILE_WRITE_FAILED`; `ABORTED`
   */
  static async claim(
    blob: string,
    options: { signal?: AbortSignal; waiting?: (bytes: number) => void } = {},
  ): Promise<WorkFolder | undefined> {
    try {
      await mkdir(dirname(blob), { recursive: true });
      for (;;) {
        if (await exists(blob)) {
          await WorkFolder.sweep(blob);
          return undefined;
        }
        const folders = await foldersOf(blob);
        const living = folders.find(({ alive }) => alive);
        if (living === undefined) {
          const mine = join(dirname(blob), ownName(blob, String(process.pid)));
          const claimed = await (folders[0] === undefined ? start(mine, blob) : adopt(folders[0].path, mine));
          if (claimed) return new WorkFolder(blob, mine);
        } else {
          options.waiting?.(await Journal.covered(join(living.path, "journal")));
        }
        // Not the same moment for everyone, or two that step back from each other would meet again.
        await pause(HEARTBEAT * (0.05 + Math.random() * (living === undefined ? 0.1 : 0.4)), options.signal);
      }
    } catch (cause) {
      if (isSystemError(cause)) throw writeFailed(blob, cause);
      throw cause;
    }
  }

  /** Removes what owners that are gone have left of a blob that is there. */
  static async sweep(blob: string): Promise<void> {
    for (const { path, alive } of await foldersOf(blob)) {
      if (!alive) await rm(path, { recursive: true, force: true });
    }
  }

  /** Bytes of `blob` that an earlier owner or a living one has on the disk already. */
  static async bytesBegun(blob: string): Promise<number> {
    const folders = await foldersOf(blob);
    return Math.max(0, ...(await Promise.all(folders.map(({ path }) => Journal.covered(join(path, "journal"))))));
  }

  get data(): string {
    return join(this.#path, "data");
  }

  get journal(): string {
    return join(this.#path, "journal");
  }

  /** Makes `data` the blob, at once. @throws InternVLError `FILE_WRITE_FAILED` */
  async finish(): Promise<void> {
    clearInterval(this.#beat);
    try {
      await rename(this.data, this.#blob);
    } catch (cause) {
      // Taken over by another process during a long stop, which has finished meanwhile.
      if (!(await exists(this.#blob))) throw writeFailed(this.#blob, cause);
    }
    await rm(this.#path, { recursive: true, force: true });
  }

  /** Leaves everything to whoever comes next. */
  async release(): Promise<void> {
    clearInterval(this.#beat);
    // A name that stays says the same a little later: its process ends, or falls silent.
    await rename(this.#path, join(dirname(this.#path), ownName(this.#blob, NOBODY))).catch(() => {});
  }

  /** Removes everything. */
  async discard(): Promise<void> {
    clearInterval(this.#beat);
    await rm(this.#path, { recursive: true, force: true });
  }
}

/** Makes a folder, unless another process is doing the same: then both step back. */
async function start(mine: string, blob: string): Promise<boolean> {
  await mkdir(mine);
  const folders = await foldersOf(blob);
  if (folders.every(({ path, alive }) => path === mine || !alive)) return true;
  await rm(mine, { recursive: true, force: true });
  return false;
}

async function adopt(path: string, mine: string): Promise<boolean> {
  try {
    await rename(path, mine);
  } catch (error) {
    // Another process was faster.
    if (isMissing(error)) return false;
    throw error;
  }
  await touch(mine);
  return true;
}

async function foldersOf(blob: string): Promise<{ path: string; alive: boolean }[]> {
  const start = `${basename(blob)}.`;
  const names = (await readdir(dirname(blob))).filter((name) => name.startsWith(start));
  const folders: { path: string; alive: boolean }[] = [];
  for (const name of names.sort()) {
    const [, pid, host] = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.incomplete$/.exec(name.slice(start.length)) ?? [];
    const path = join(dirname(blob), name);
    if (pid !== undefined) folders.push({ path, alive: await isAlive(path, pid, host) });
  }
  return folders;
}

async function isAlive(path: string, pid: string, host: string | undefined): Promise<boolean> {
  if (pid === NOBODY || (host === HOST && !isRunning(Number(pid)))) return false;
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs < SILENCE;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}

function ownName(blob: string, pid: string): string {
  return `${basename(blob)}.${pid}-${HOST}-${randomBytes(4).toString("hex")}.incomplete`;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  // A folder that is gone has been taken over; the owner learns it when it finishes.
  await utimes(path, now, now).catch(() => {});
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
