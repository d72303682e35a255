import { TokenIteratorStreamer } from "internvl";

/** Knows when tokens were made. They are read later, several at once when the model is quick. */
export class TimedStreamer extends TokenIteratorStreamer {
  /** Of `performance.now()`, of the first and the newest token; undefined before there is one. */
  first: number | undefined;
  newest: number | undefined;

  override put(...args: Parameters<TokenIteratorStreamer["put"]>): void {
    const [, details] = args;
    // The prompts come first, without details.
    if (details !== undefined) {
      this.newest = performance.now();
      this.first ??= this.newest;
    }
    super.put(...args);
  }
}
