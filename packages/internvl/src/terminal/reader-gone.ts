const gone = new AbortController();

/** Aborted when nobody reads stdout any more (`internvl … | head -1`): a reason to stop, and no error. */
export const readerGone: AbortSignal = gone.signal;

/** Makes a reader that goes away abort `readerGone` instead of ending the program with an error. */
export function watchReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      // Exiting here would tear the model's thread down within onnxruntime, which aborts the process.
      if (stream === process.stdout) gone.abort();
    });
  }
}
