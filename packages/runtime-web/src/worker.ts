import { InternVLError, type WorkerPort } from "@internvl/core";

/** What of a dedicated worker's global scope is used; TypeScript's DOM library describes pages. */
interface WorkerScope extends EventTarget {
  postMessage(message: unknown, transfer: Transferable[]): void;
  close(): void;
}

/**
 * The page's side of a dedicated web worker.
 *
 * `onError` reports an uncaught error of the worker, a script that could not be loaded, and a message that cannot be
 * cloned, each as `WORKER_FAILED`. A listener that is added after the worker died is told at once.
 */
export function createWorkerPort(worker: Worker): WorkerPort {
  let failure: InternVLError | undefined;
  const errorListeners: ((error: unknown) => void)[] = [];
  const fail = (what: string, cause: unknown) => {
    if (failure !== undefined) return;
    failure = new InternVLError("WORKER_FAILED", {
      what,
      fix: "Load the model again; if it fails again, load it without { worker: true } to see the whole error.",
      cause,
    });
    for (const listener of errorListeners) listener(failure);
  };
  // A script that cannot be loaded has no message.
  worker.addEventListener("error", (event) => {
    fail(`The worker failed: ${event.message || "its script could not be loaded"}`, event.error ?? event);
  });
  worker.addEventListener("messageerror", (event) => fail("A message of the worker could not be read", event));

  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => worker.addEventListener("message", ({ data }) => listener(data)),
    onError(listener) {
      errorListeners.push(listener);
      if (failure !== undefined) listener(failure);
    },
    close: async () => worker.terminate(),
  };
}

/**
 * The worker's side: the port to the page that started it.
 *
 * @throws InternVLError `WORKER_FAILED` outside of a dedicated worker
 */
export function parentWorkerPort(): WorkerPort {
  if (!("DedicatedWorkerGlobalScope" in globalThis)) {
    throw new InternVLError("WORKER_FAILED", {
      what: "This code runs in a page and has no parent",
      expected: "a dedicated worker",
      fix: 'Start the script with new Worker(url, { type: "module" }).',
    });
  }
  const scope = globalThis as unknown as WorkerScope;
  return {
    postMessage: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    onMessage: (listener) =>
      scope.addEventListener("message", (event) => listener((event as MessageEvent<unknown>).data)),
    onError: (listener) => scope.addEventListener("messageerror", listener),
    close: async () => scope.close(),
  };
}
