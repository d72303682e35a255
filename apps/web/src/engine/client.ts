import { type Remote, wrap } from "comlink";
import type { Engine } from "./engine.js";

/** The worker's engine as the page calls it. */
export interface EngineClient {
  engine: Remote<Engine>;
  /** Ends the worker, whatever it does. */
  close(): void;
}

/** Starts the worker. `onCrash` is called when it ends by itself: its calls will never be answered. */
export function startEngine(onCrash: (reason: string) => void): EngineClient {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "model" });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    onCrash(event.message || "Its script could not be loaded.");
  });
  return { engine: wrap<Engine>(worker), close: () => worker.terminate() };
}
