type Scheduler = (callback: () => void) => void;

/** A task, not a microtask, without the 4 ms that browsers add to nested timers. */
function pickScheduler(): Scheduler {
  const { setImmediate } = globalThis as { setImmediate?: Scheduler };
  if (setImmediate !== undefined) return setImmediate;
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}

let scheduler: Scheduler | undefined;

/** Lets messages and timers that are due run first, so that a worker sees an abort and a page stays alive. */
export function yieldToEventLoop(): Promise<void> {
  scheduler ??= pickScheduler();
  return new Promise(scheduler);
}
