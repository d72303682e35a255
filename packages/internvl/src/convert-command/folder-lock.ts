import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { InternVLError, throwIfAborted } from "@internvl/core";
import {
  beat,
  beatOf,
  HEARTBEAT,
  isAbandoned,
  isOwnerless,
  lockName,
  locksOf,
  notedIn,
  ownerlessName,
  type WaitOptions,
} from "./lock-file.js";

/**
 * A folder's one writer: a file `.internvl-convert.PID-HOST-RANDOM.lock` in it, which lists what this writer creates. A
 * program that is killed leaves it behind; the next one takes it over by a rename, which only one can do, and knows from
 * the list what may be half of something. Whoever meets a living owner is refused.
 */
export class FolderLock {
  readonly #directory: string;
  readonly #path: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#path = join(directory, name);
    this.#beat = setInterval(() => void beat(this.#path), HEARTBEAT);
    this.#beat.unref();
  }

  /**
   * Makes the folder, if it is not there, and locks it.
   *
   * @throws InternVLError `INPUT_INVALID` (another program is writing into it), `FILE_WRITE_FAILED`, `ABORTED`
   */
  static async claim(directory: string, options: WaitOptions = {}): Promise<FolderLock> {
    try {
      await mkdir(directory, { recursive: true });
      for (;;) {
        throwIfAborted(options.signal);
        const name = lockName();
        const stale = await abandonedLock(directory, options);
        await (stale === undefined ? create(directory, name) : adopt(directory, stale, name));
        const locks = (await locksOf(directory)).filter((other) => !isOwnerless(other));
        if (locks.length === 1 && locks[0] === name) return new FolderLock(directory, name);
        // Somebody else came at the same moment: all step back, and not for the same time.
        await giveUp(directory, name);
        await pause(HEARTBEAT * Math.random());
      }
    } catch (cause) {
      throw InternVLError.isInstance(cause) ? cause : notWritable(directory, cause);
    }
  }

  /** Notes a file that is about to be created. @throws InternVLError `FILE_WRITE_FAILED`, also as `assertHeld` */
  async note(path: string): Promise<void> {
    try {
      // Without O_CREAT: a lock that somebody took over must not come back.
      const file = await open(this.#path, constants.O_WRONLY | constants.O_APPEND);
      await file.appendFile(`${path}\n`).finally(() => file.close());
    } catch (cause) {
      await this.assertHeld();
      throw notWritable(this.#path, cause);
    }
  }

  /** Forgets what was noted, here and by those that went before, because it is complete or gone. */
  async clear(): Promise<void> {
    await this.assertHeld();
    try {
      const file = await open(this.#path, "r+");
      await file.truncate(0).finally(() => file.close());
      for (const name of await locksOf(this.#directory)) {
        if (isOwnerless(name)) await rm(join(this.#directory, name), { force: true });
      }
    } catch (cause) {
      throw notWritable(this.#path, cause);
    }
  }

  /** Whether nobody took it over: an owner that is silent for a minute (stopped, or asleep) loses the lock. */
  async isHeld(): Promise<boolean> {
    return (await beatOf(this.#path)) !== undefined;
  }

  /** @throws InternVLError `FILE_WRITE_FAILED` when somebody took it over */
  async assertHeld(): Promise<void> {
    if (await this.isHeld()) return;
    throw new InternVLError("FILE_WRITE_FAILED", {
      what: `Another conversion has taken over ${this.#directory}, because this one showed no sign of life`,
      fix: "Wait for the other one to end, or convert into another folder.",
    });
  }

  /** Gives the folder free. `mark`: leaves a sign that it is a conversion's, though nothing else in it may say so. */
  async release(options: { mark: boolean }): Promise<void> {
    clearInterval(this.#beat);
    if (options.mark) await rename(this.#path, join(this.#directory, ownerlessName())).catch(() => {});
    await rm(this.#path, { force: true });
  }
}

/** One lock that nobody holds; further ones lose their owners' names, so that they are in nobody's way. */
async function abandonedLock(directory: string, options: WaitOptions): Promise<string | undefined> {
  let found: string | undefined;
  for (const name of await locksOf(directory)) {
    if (!(await isAbandoned(directory, name, options))) continue;
    if (found === undefined) found = name;
    else if (!isOwnerless(name)) await adopt(directory, name, ownerlessName());
  }
  return found;
}

async function create(directory: string, name: string): Promise<void> {
  await (await open(join(directory, name), "wx")).close();
}

async function adopt(directory: string, stale: string, name: string): Promise<void> {
  try {
    await rename(join(directory, stale), join(directory, name));
    await beat(join(directory, name));
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** A list that somebody left must not get lost; where there was none, nothing stays. */
async function giveUp(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  const isEmpty = (await notedIn(directory)).length === 0;
  if (isEmpty) await rm(path, { force: true });
  else await rename(path, join(directory, ownerlessName())).catch(() => {});
}

function notWritable(path: string, cause: unknown): InternVLError {
  return new InternVLError("FILE_WRITE_FAILED", {
    what: `${path} could not be written: ${(cause as Error).message}`,
    fix: "Choose a folder that you may write to, on a disk with space.",
    cause,
  });
}
