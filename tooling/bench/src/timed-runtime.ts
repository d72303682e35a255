import type { Runtime, Session } from "@internvl/core";
import { nodeRuntime } from "@internvl/runtime-node";

/** Adds up the time that passes within sessions. */
export interface SessionClock {
  /** Milliseconds within `run` since the start. */
  ms: number;
}

/** Node's runtime with a clock around every `run`; the rest of the time is JavaScript's. */
export function timedRuntime(clock: SessionClock): Runtime {
  const { inference } = nodeRuntime;
  return {
    ...nodeRuntime,
    inference: { createSession: async (...args) => timedSession(await inference.createSession(...args), clock) },
  };
}

function timedSession(session: Session, clock: SessionClock): Session {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    async run(feeds, options) {
      const start = performance.now();
      try {
        return await session.run(feeds, options);
      } finally {
        clock.ms += performance.now() - start;
      }
    },
    release: () => session.release(),
  };
}
