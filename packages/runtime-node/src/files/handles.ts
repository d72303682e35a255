import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Reading a checkpoint tensor by tensor comes back within milliseconds; after this long nobody is reading any more. */
const IDLE_MILLISECONDS = 1000;

interface Entry {
  handle: Promise<FileHandle>;
  users: number;
  timer?: NodeJS.Timeout;
}

/** Open files, kept open while they are in use and for a moment longer. */
export class HandlePool {
  readonly #entries = new Map<string, Entry>();

  /** Runs `action` with an open handle of the file at `path`; `info` tells it from one that has replaced it since. */
  async use<Result>(path: string, info: Stats, action: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    const key = `${info.dev}:${info.ino}`;
    const entry = this.#entries.get(key) ?? this.#open(key, path);
    clearTimeout(entry.timer);
    entry.users += 1;
    try {
      return await action(await entry.handle);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#closeWhenIdle(key, entry);
    }
  }

  /** Closes what nobody is using now; what is in use closes itself when it becomes idle. */
  async close(): Promise<void> {
    const idle = [...this.#entries].filter(([, entry]) => entry.users === 0);
    await Promise.all(idle.map(([key, entry]) => this.#drop(key, entry)));
  }

  #open(key: string, path: string): Entry {
    const entry: Entry = { handle: open(path, "r"), users: 0 };
    this.#entries.set(key, entry);
    // A file that could not be opened is tried anew next time.
    entry.handle.catch(() => this.#entries.delete(key));
    return entry;
  }

  #closeWhenIdle(key: string, entry: Entry): void {
    entry.timer = setTimeout(() => void this.#drop(key, entry), IDLE_MILLISECONDS);
    entry.timer.unref();
  }

  async #drop(key: string, entry: Entry): Promise<void> {
    clearTimeout(entry.timer);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    await entry.handle.then(
      (handle) => handle.close(),
      () => {},
    );
  }
}
