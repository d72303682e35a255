import { readerGone } from "./reader-gone.js";

/** What shells report for a program that Ctrl-C ended: 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Sets the exit code of a program that was asked to stop: by Ctrl-C, or by a reader that has what it wanted. */
export function exitStopped(): void {
  process.exitCode = readerGone.aborted ? 0 : EXIT_INTERRUPTED;
}

/**
 * Runs something that Ctrl-C, SIGTERM and a reader that goes away stop through its signal. A second Ctrl-C ends the
 * program at once.
 *
 * @param stopping called at the first, to say that it was heard
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>, stopping: () => void): Promise<T> {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) dieBy(signal);
    stopping();
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    return await body(AbortSignal.any([controller.signal, readerGone]));
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/**
 * Ends the program as if it had never listened to a signal. `process.exit` would wait for the model's thread, and crash
 * when it is within onnxruntime.
 */
export function dieBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
