import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Runtime, Session } from "@internvl/core";
import { createNodeInference, nodeRuntime } from "@internvl/runtime-node";
import { type ProfiledRun, runsOf, type TraceEvent } from "./trace.js";

/** A run that was measured from outside and from inside. */
export interface MeasuredRun extends ProfiledRun {
  /** `decoder_model_merged_q4` */
  graph: string;
  /** What was going on when it began. */
  phase: string;
  /** Milliseconds that `session.run` took, copies in and out included. */
  callMs: number;
}

type Call = Pick<MeasuredRun, "graph" | "phase" | "callMs">;

/** Node's runtime with onnxruntime's own profile of every session. */
export class ProfilingRuntime {
  /** Runs that begin from now on are counted to this. */
  phase = "start";
  readonly runtime: Runtime;
  readonly #folder: string;
  readonly #calls: Map<string, Call[]> = new Map();

  private constructor(folder: string) {
    this.#folder = folder;
    this.runtime = {
      ...nodeRuntime,
      inference: {
        createSession: async (graph, options) => {
          const name = "path" in graph ? basename(graph.path, ".onnx") : "graph";
          const inference = createNodeInference({ enableProfiling: true, profileFilePrefix: join(folder, name) });
          const calls: Call[] = [];
          this.#calls.set(name, calls);
          return this.#watch(await inference.createSession(graph, options), name, calls);
        },
      },
    };
  }

  static async create(): Promise<ProfilingRuntime> {
    return new ProfilingRuntime(await mkdtemp(join(tmpdir(), "internvl-profile-")));
  }

  /** Every run, once the model that made them was disposed of: sessions write their profile when they end. */
  async runs(): Promise<MeasuredRun[]> {
    const files = await readdir(this.#folder);
    const measured: MeasuredRun[] = [];
    for (const [graph, calls] of this.#calls) {
      if (calls.length === 0) continue;
      // The file's name is the prefix, a date and a time.
      const file = files.find((each) => each.replace(/_\d{4}-\d{2}-\d{2}_.*$/, "") === graph);
      if (file === undefined) throw new Error(`onnxruntime has written no profile of ${graph}.`);
      const runs = runsOf(JSON.parse(await readFile(join(this.#folder, file), "utf8")) as TraceEvent[]);
      if (runs.length !== calls.length) {
        throw new Error(`The profile of ${graph} has ${runs.length} runs instead of ${calls.length}.`);
      }
      measured.push(...calls.map((call, index) => ({ ...call, ...runs[index]! })));
    }
    await rm(this.#folder, { recursive: true });
    return measured;
  }

  #watch(session: Session, graph: string, calls: Call[]): Session {
    return {
      device: session.device,
      inputs: session.inputs,
      outputs: session.outputs,
      run: async (feeds, options) => {
        const { phase } = this;
        const start = performance.now();
        const outputs = await session.run(feeds, options);
        calls.push({ graph, phase, callMs: performance.now() - start });
        return outputs;
      },
      release: () => session.release(),
    };
  }
}
