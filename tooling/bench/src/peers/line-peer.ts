import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Figures } from "../measure.js";

/** What a peer answers: figures, or facts such as its version. */
export type Answer = Record<string, number | string>;

/**
 * A program that answers each line of JSON with one line of JSON. It stays alive, so that neither its start nor the loading
 * of a model is measured. An answer with `error` is a refusal.
 */
export class LinePeer {
  readonly name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param name begins the names of its rows, as `OpenVINO int8` */
  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, [...args], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: this.#child.stdout });
    // A program that is not there: the answers end, and `ask` says so.
    this.#child.on("error", () => lines.close());
    this.#child.stdin.on("error", () => {});
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** @throws Error when the program refuses or has ended */
  async ask(request: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#child.spawnfile} ended without an answer`);
    const answer = JSON.parse(value) as Answer;
    if (answer["error"] !== undefined) throw new Error(String(answer["error"]));
    return answer;
  }

  /** An answer that has only numbers. */
  async measure(request: object): Promise<Figures> {
    return (await this.ask(request)) as Figures;
  }

  /** Lets it end, and waits until it has: its memory is free then. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }
}
