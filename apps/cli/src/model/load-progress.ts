import type { ProgressInfo } from "internvl";
import { ConvertProgress, formatBytes, type StatusLine, type TextOutput } from "internvl/convert-command";

/** Shows what loading a model does: fetching it, converting it once, reading it into memory. */
export class LoadProgress {
  readonly #model: string;
  readonly #status: StatusLine;
  readonly #output: TextOutput;
  readonly #conversion: ConvertProgress;

  constructor(model: string, status: StatusLine, output: TextOutput) {
    this.#model = model;
    this.#status = status;
    this.#output = output;
    this.#conversion = new ConvertProgress(output);
  }

  readonly report = (info: ProgressInfo): void => {
    if (info.stage === "convert" && info.directory === undefined) this.#conversion.report(info);
    else if (info.stage === "convert") this.#begin(info.directory!);
    else this.#status.show(statusText(info));
  };

  clear(): void {
    this.#status.clear();
    this.#conversion.clear();
  }

  #begin(directory: string): void {
    this.clear();
    this.#output.write(`Converting ${this.#model} (once) into ${directory}\n`);
  }
}

function statusText({ stage, name, loaded, total = 0, rate }: ProgressInfo): string {
  if (stage === "download") {
    const speed = rate === undefined ? "" : `, ${formatBytes(rate)}/s`;
    return `Fetching ${name}: ${formatBytes(loaded)} of ${formatBytes(total)}${speed}`;
  }
  if (stage === "verify") return `Checking ${name}, ${Math.floor((100 * loaded) / Math.max(1, total))} %`;
  if (stage === "wait") return "Another process converts this model; waiting for it…";
  return "Loading the model…";
}
