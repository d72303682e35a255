/** What one run of a task measured: a number a name, milliseconds or whatever the task says. */
export type Figures = Record<string, number>;

/** The same names, with one number a run. */
export type Samples = Record<string, number[]>;

/**
 * Runs tasks in turn (A B A B …), so that whatever else the machine does meets all of them alike.
 *
 * @param warmups rounds that are thrown away first
 * @returns what each task measured, in the order of `tasks`
 */
export async function inTurn(
  tasks: readonly (() => Promise<Figures>)[],
  runs: number,
  warmups: number = 1,
): Promise<Samples[]> {
  const samples: Samples[] = tasks.map(() => ({}));
  for (let round = -warmups; round < runs; round++) {
    for (const [index, task] of tasks.entries()) {
      const figures = await task();
      if (round < 0) continue;
      for (const [name, value] of Object.entries(figures)) {
        samples[index]![name] ??= [];
        samples[index]![name]!.push(value);
      }
    }
  }
  return samples;
}

/** What `action` returns, and how many milliseconds it took. */
export async function timed<Result>(action: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const start = performance.now();
  const result = await action();
  return { result, ms: performance.now() - start };
}

/** The middle value, or the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Milliseconds that processors worked for this process: steadier than the time that passed, where other programs run. */
export async function processorTime(action: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
