import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { assertSafePath, InternVLError, throwIfAborted } from "@internvl/core";

/** How often an owner shows that it is alive, in milliseconds. */
export const HEARTBEAT = 1000;
/**
 * An owner whose process seems to be there is given up after this long without a sign of it: the id may be another
 * process's by now, or one of another machine. It is longer than a run of the model keeps a process from its timers.
 */
const SILENCE = 60 * HEARTBEAT;
/** How often others look for a sign. */
const LOOK = HEARTBEAT / 4;

const LOCK = /^\.internvl-convert\.(\d+)-([0-9a-f]{8})-[0-9a-f]{8}\.lock$/;
/** Process ids say nothing about processes of another machine that shares the folder. */
const HOST = createHash("sha1").update(hostname()).digest("hex").slice(0, 8);
/** The owner of a lock that was left behind on purpose. */
const NOBODY = 0;

export interface WaitOptions {
  signal?: AbortSignal;
  /** After how long without a sign an owner is given up, in milliseconds. Default: a minute. */
  silence?: number;
}

/** Whether a file is a lock, so no part of a model. */
export function isLock(name: string): boolean {
  return LOCK.test(name);
}

/** A name that no other lock has. */
export function lockName(pid: number = process.pid): string {
  return `.internvl-convert.${pid}-${HOST}-${randomBytes(4).toString("hex")}.lock`;
}

/** The name of a lock that waits for whoever comes next. */
export function ownerlessName(): string {
  return lockName(NOBODY);
}

export function isOwnerless(name: string): boolean {
  return ownerOf(name) === NOBODY;
}

/** The locks of a folder, sorted. */
export async function locksOf(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter(isLock).sort();
}

/** What the locks of a folder list: files of a conversion that did not come to its end, unless it is still running. */
export async function notedIn(directory: string): Promise<string[]> {
  const noted: string[] = [];
  for (const name of await locksOf(directory)) {
    const text = await readFile(join(directory, name), "utf8").catch(() => "");
    // What follows the last line end was not written to its own end.
    noted.push(...text.split("\n").slice(0, -1));
  }
  return noted.map((path) => assertSafePath(path, `The lock of ${directory}`));
}

/**
 * Whether nobody holds a lock any more. Where a process of that id is running, waits for a sign of it, or for silence.
 *
 * @throws InternVLError `INPUT_INVALID` (the owner is alive), `ABORTED`
 */
export async function isAbandoned(directory: string, name: string, options: WaitOptions = {}): Promise<boolean> {
  const { signal, silence = SILENCE } = options;
  const path = join(directory, name);
  const before = await beatOf(path);
  for (let waited = 0; waited < silence; waited += LOOK) {
    throwIfAborted(signal);
    if (isOwnerless(name) || (name.includes(`-${HOST}-`) && !isRunning(ownerOf(name)))) return true;
    const beat = await beatOf(path);
    // Gone: given free, or taken over.
    if (beat === undefined) return false;
    if (beat !== before) throw busy(path, ownerOf(name));
    await pause(LOOK);
  }
  return true;
}

/** When the owner last showed that it is alive; undefined when there is no such lock. */
export async function beatOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

export async function beat(path: string): Promise<void> {
  const now = new Date();
  // A lock that is gone has been taken over; the owner learns it when it writes.
  await utimes(path, now, now).catch(() => {});
}

function busy(path: string, pid: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: "Another conversion is writing into the output folder at this moment",
    expected: "a folder that nobody else writes into",
    got: `process ${pid}, whose lock is ${path}`,
    fix: "Wait for it to end, or choose another --output_dir.",
  });
}

function ownerOf(name: string): number {
  return Number(LOCK.exec(name)?.[1]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
