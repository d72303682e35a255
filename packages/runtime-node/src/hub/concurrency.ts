/** Lets at most `size` operations run at a time. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = Math.max(1, size);
  }

  async run<Result>(operation: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/**
 * Runs `task` for each item, through the gate. The first failure aborts the signal of the others; the promise settles
 * only when all have ended, so that nothing goes on behind the caller's back.
 */
export async function runAll<Item, Result>(
  items: readonly Item[],
  gate: Gate,
  signal: AbortSignal | undefined,
  task: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  let first: { error: unknown } | undefined;
  const settled = await Promise.all(
    items.map((item) =>
      gate
        .run(() => (first === undefined ? task(item, either) : Promise.reject(first.error)))
        .catch((error: unknown) => {
          first ??= { error };
          failed.abort();
          return undefined;
        }),
    ),
  );
  if (first !== undefined) throw (first as { error: unknown }).error;
  return settled as Result[];
}
