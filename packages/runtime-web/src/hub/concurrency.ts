/**
 * Runs `task` for each item, `most` at a time. The first failure aborts the signal of the others; the promise settles only
 * when all have ended, so that nothing goes on behind the caller's back.
 */
export async function runAll<Item>(
  items: Iterable<Item>,
  most: number,
  signal: AbortSignal | undefined,
  task: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const queue = items[Symbol.iterator]();
  let first: { error: unknown } | undefined;
  const work = async () => {
    for (let next = queue.next(); !next.done && first === undefined; next = queue.next()) {
      try {
        await task(next.value, either);
      } catch (error) {
        first ??= { error };
        failed.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, most) }, work));
  if (first !== undefined) throw first.error;
}
