import type { Runtime, Session } from "@internvl/core";

/** One run of the decoder. */
export interface DecoderRun {
  rows: number;
  /** New tokens of each row. */
  count: number;
  /** Columns of the cache that were fed. */
  past: number;
}

/** A runtime with a record of what its decoders ran. */
export function recordingRuntime(base: Runtime): {
  runtime: Runtime;
  runs: DecoderRun[];
  failing: (run: DecoderRun) => boolean;
} {
  const record = { runs: [] as DecoderRun[], failing: (_: DecoderRun) => false };
  const { inference } = base;
  const createSession: typeof inference.createSession = async (graph, options) => {
    const session = await inference.createSession(graph, options);
    return "path" in graph && graph.path.includes("decoder") ? recorded(session) : session;
  };
  const recorded = (session: Session): Session => ({
    inputs: session.inputs,
    outputs: session.outputs,
    device: session.device,
    run(feeds, options) {
      const [rows, count] = feeds["inputs_embeds"]!.dims as [number, number];
      const run = { rows, count, past: feeds["past_mask"]!.dims[1]! };
      record.runs.push(run);
      if (record.failing(run)) throw new Error("This run was to fail.");
      return session.run(feeds, options);
    },
    release: () => session.release(),
  });
  return Object.assign(record, { runtime: { ...base, inference: { ...inference, createSession } } });
}
