/**
 * One end of a channel between two threads: what Node's `worker_threads` and the web's `Worker` have in common.
 * A runtime adapts its own kind of worker to it; the model's host and client speak over it and know no platform.
 */
export interface WorkerPort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other side died: an uncaught error or an exit that nobody asked for. */
  onError(listener: (error: unknown) => void): void;
  /**
   * Counts one more request whose answer is awaited: a platform whose idle workers do not keep the program alive lets
   * this one do so until as many calls of `unref`. Absent where nothing depends on it (web workers, the host's side).
   */
  ref?(): void;
  /** A request was answered or given up: takes back one `ref`. */
  unref?(): void;
  /** Ends the thread (on the client's side) or closes the channel (on the host's). */
  close(): Promise<void>;
}
