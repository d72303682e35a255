import type { ProgressInfo } from "internvl";
import { ConvertProgress, type StatusLine } from "internvl/convert-command";

/** Tells on stderr how far a model's loading is: what is converted and where to, downloads, and the loading itself. */
export class LoadingReport {
  readonly #model: string;
  readonly #status: StatusLine;
  readonly #bars: ConvertProgress = new ConvertProgress(process.stderr);

  constructor(model: string, status: StatusLine) {
    this.#model = model;
    this.#status = status;
  }

  readonly report = (info: ProgressInfo): void => {
    if (info.stage === "cache") {
      if (info.loaded === 0) this.#status.print(`Converting ${this.#model} (once) into ${info.name}`);
    } else if (info.stage === "load") {
      this.#bars.clear();
      this.#status.show("Loading the model…");
    } else if (["download", "verify", "convert"].includes(info.stage)) {
      this.#status.clear();
      this.#bars.report(info);
    }
  };

  clear(): void {
    this.#bars.clear();
    this.#status.clear();
  }
}
