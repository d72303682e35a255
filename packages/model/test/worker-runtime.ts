import type { Runtime, WorkerPort } from "@internvl/core";
import { hostModel } from "@internvl/model";

/** Both ends of a channel in one thread. Messages are cloned, as between threads: nothing but data gets through. */
function channel(): { client: WorkerPort; host: WorkerPort; crash: (error: unknown) => void } {
  const { port1, port2 } = new MessageChannel();
  let crash: (error: unknown) => void = () => {};
  const end = (port: MessagePort): WorkerPort => ({
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    onMessage: (listener) => {
      port.onmessage = ({ data }) => listener(data);
    },
    onError: (listener) => {
      crash = listener;
    },
    close: async () => port.close(),
  });
  return { client: end(port1), host: end(port2), crash: (error) => crash(error) };
}

/** A runtime whose workers are in this thread. `crash` ends the last one as an error of its own would. */
export function workerRuntime(runtime: Runtime): Runtime & { crash: (error: unknown) => void } {
  let last: ReturnType<typeof channel>;
  return {
    ...runtime,
    async spawnModelWorker() {
      last = channel();
      hostModel(last.host, runtime);
      return last.client;
    },
    crash: (error) => last.crash(error),
  };
}
