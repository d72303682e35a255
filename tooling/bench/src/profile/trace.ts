/** An event of onnxruntime's profile: times are microseconds, `ts` counts from the session's start. */
export interface TraceEvent {
  cat: string;
  name: string;
  ts: number;
  dur: number;
  args: { op_name?: string };
}

/** One `run` of a session, as its profile has it. */
export interface ProfiledRun {
  /** The whole of it, in milliseconds. */
  ms: number;
  /** Milliseconds of each operator by `OPERATOR place`, those of the graphs inside it not counted. */
  operators: Map<string, number>;
}

const KERNEL = "_kernel_time";

/** The runs of a session in their order. */
export function runsOf(events: readonly TraceEvent[]): ProfiledRun[] {
  const runs = events.filter(({ name }) => name === "model_run").sort((a, b) => a.ts - b.ts);
  const kernels = events.filter(({ cat, name }) => cat === "Node" && name.endsWith(KERNEL)).sort(outerFirst);
  let next = 0;
  return runs.map(({ ts, dur }) => {
    const first = next;
    while (next < kernels.length && kernels[next]!.ts < ts + dur) next++;
    return { ms: dur / 1000, operators: ownTimes(kernels.slice(first, next)) };
  });
}

function outerFirst(a: TraceEvent, b: TraceEvent): number {
  return a.ts - b.ts || b.dur - a.dur;
}

/** An operator that runs other ones (`If`) has only what is left beside theirs. */
function ownTimes(kernels: readonly TraceEvent[]): Map<string, number> {
  const times = new Map<string, number>();
  const add = (event: TraceEvent, ms: number) => {
    const label = labelOf(event);
    times.set(label, (times.get(label) ?? 0) + ms);
  };
  const open: TraceEvent[] = [];
  for (const event of kernels) {
    while (open.length > 0 && open.at(-1)!.ts + open.at(-1)!.dur <= event.ts) open.pop();
    add(event, event.dur / 1000);
    if (open.length > 0) add(open.at(-1)!, -event.dur / 1000);
    open.push(event);
  }
  return times;
}

/** `MatMulNBits gate_proj`: the operator, and the module that it belongs to without the layer's number. */
function labelOf({ name, args }: TraceEvent): string {
  const operator = args.op_name ?? "operator";
  const modules = name.slice(0, -KERNEL.length).split("/").slice(0, -1);
  const place = modules.findLast((module) => !/^\d+$/.test(module));
  return place === undefined ? operator : `${operator} ${place}`;
}
