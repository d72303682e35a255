import { parentPort, type Worker } from "node:worker_threads";
import { InternVLError, type WorkerPort } from "@internvl/core";

/**
 * The main side of a `worker_threads` worker.
 *
 * An idle worker does not keep a finished program alive; a worker that owes an answer does. The port cannot know which
 * messages are requests, so its user says so: `ref()` when a request starts, `unref()` when it is answered, as often as
 * there are requests. The port starts with none.
 *
 * `onError` reports an uncaught error of the worker, a message that cannot be cloned, and an exit that `close` did not
 * ask for, each as `WORKER_FAILED`. A listener that is added after the worker died is told at once.
 */
export function createWorkerPort(worker: Worker): WorkerPort {
  let pending = 0;
  let closing = false;
  let failure: InternVLError | undefined;
  const errorListeners: ((error: unknown) => void)[] = [];

  const fail = (what: string, cause?: unknown) => {
    // The exit that follows an uncaught error says nothing new.
    if (closing || failure !== undefined) return;
    failure = new InternVLError("WORKER_FAILED", {
      what,
      fix: "Load the model again; if it fails again, load it without { worker: true } to see the whole error.",
      cause,
    });
    for (const listener of errorListeners) listener(failure);
  };
  worker.on("error", (error) => fail(`The worker thread failed: ${describe(error)}`, error));
  worker.on("messageerror", (error) =>
    fail(`A message of the worker thread could not be read: ${describe(error)}`, error),
  );
  worker.on("exit", (code) => fail(`The worker thread ended by itself with exit code ${code}`));
  worker.unref();

  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage(listener) {
      worker.on("message", listener);
      // A listener for messages makes Node hold on to the worker again.
      if (pending === 0) worker.unref();
    },
    onError(listener) {
      errorListeners.push(listener);
      if (failure !== undefined) listener(failure);
    },
    ref() {
      pending += 1;
      if (pending === 1) worker.ref();
    },
    unref() {
      if (pending === 0) return;
      pending -= 1;
      if (pending === 0) worker.unref();
    },
    async close() {
      closing = true;
      await worker.terminate();
    },
  };
}

/**
 * The port to the thread that started this one. Listening to it keeps the worker running until `close`.
 *
 * @throws InternVLError `WORKER_FAILED` outside of a worker thread
 */
export function parentWorkerPort(): WorkerPort {
  const port = parentPort;
  if (port === null) {
    throw new InternVLError("WORKER_FAILED", {
      what: "This code runs in the main thread and has no parent",
      expected: "a worker of node:worker_threads",
      fix: "Start the file with new Worker(file).",
    });
  }
  return {
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    onMessage: (listener) => void port.on("message", listener),
    onError: (listener) => void port.on("messageerror", listener),
    close: async () => port.close(),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
