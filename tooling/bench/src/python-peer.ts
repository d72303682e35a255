import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

// The same from src/ and from dist/.
const SCRIPTS = fileURLToPath(new URL("../python/", import.meta.url));

/** A Python program that answers each line with one line of JSON. It stays alive, so that imports are not measured. */
export class PythonPeer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param script a file of python/ */
  constructor(python: string, script: string, args: readonly (string | number)[]) {
    this.#child = spawn(python, [SCRIPTS + script, ...args.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
    // A Python that is not there: the stream of answers ends, and `ask` says so.
    this.#child.on("error", () => this.#child.stdout.destroy());
    this.#child.stdin.on("error", () => {});
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error when the program has ended */
  async ask(line: string): Promise<Record<string, number | string>> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#child.spawnfile} ended; it must have Pillow and numpy.`);
    return JSON.parse(value) as Record<string, number | string>;
  }

  /** Lets it end. */
  close(): void {
    this.#child.stdin.end();
  }
}
