import type { ProgressInfo } from "@internvl/core";
import { formatBytes } from "../terminal/format.js";
import { StatusLine, type TextOutput } from "../terminal/status-line.js";

const BAR_WIDTH = 24;

/** Shows a conversion: a bar for the graph that is written in a terminal, a line when it is done everywhere. */
export class ConvertProgress {
  readonly #line: StatusLine;
  #graph = "";
  #bytes = 0;
  #started = 0;

  constructor(output: TextOutput) {
    this.#line = new StatusLine(output);
  }

  readonly report = (info: ProgressInfo): void => {
    if (info.stage === "check") this.#check(info);
    else if (info.stage === "open") this.#line.show(`reading ${info.name ?? "what there is"}`);
    else if (info.unit === "bytes" && info.name !== undefined) this.#write(info.name, info.loaded, info.total ?? 0);
    else if (info.unit === "files") this.#finishGraph(info);
  };

  clear(): void {
    this.#line.clear();
  }

  #write(graph: string, loaded: number, total: number): void {
    if (graph !== this.#graph) this.#started = performance.now();
    this.#graph = graph;
    this.#bytes = loaded;
    const done = total === 0 ? 1 : loaded / total;
    const bar = "█".repeat(Math.floor(done * BAR_WIDTH)).padEnd(BAR_WIDTH, "░");
    const percent = `${Math.floor(done * 100)}`.padStart(3);
    this.#line.show(`${bar} ${percent} %  ${this.#speed()}  ${graph}`);
  }

  #finishGraph({ loaded, total }: ProgressInfo): void {
    this.#line.print(`${loaded}/${total} ${this.#graph}  ${formatBytes(this.#bytes)}  ${this.#speed()}`);
  }

  #check({ name = "", loaded, total }: ProgressInfo): void {
    if (this.#line.isTTY) this.#line.show(`comparing ${name} with the checkpoint (${loaded} of ${total} parts)`);
    else if (name !== this.#graph) this.#line.print(`comparing ${name} with the checkpoint`);
    this.#graph = name;
  }

  #speed(): string {
    const seconds = Math.max(1e-3, (performance.now() - this.#started) / 1000);
    return `${formatBytes(this.#bytes / seconds)}/s`;
  }
}
