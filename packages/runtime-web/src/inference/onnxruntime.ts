import { InternVLError } from "@internvl/core";
import type { WebDevice } from "./device.js";

type Onnxruntime = typeof import("onnxruntime-web");

export interface EngineSettings {
  /** Where onnxruntime's .wasm and .mjs files lie; undefined: where the bundler put them, on the app's own origin. */
  wasmPaths: string | undefined;
  threads: number;
}

/** onnxruntime's severity "fatal": what goes wrong is thrown, and a library writes nothing to the console. */
export const SILENT = 4;

/** wasm alone is half as large as wasm with WebGPU, so each is a build of its own and only the one in use is fetched. */
const BUILDS: Readonly<Record<WebDevice, () => Promise<Onnxruntime>>> = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
};

interface Engine {
  settings: EngineSettings;
  loading: Promise<Onnxruntime>;
}

const engines = new Map<WebDevice, Engine>();

/**
 * onnxruntime for a device. It is set up once a page: later calls get the same engine.
 *
 * @param asked what the caller named itself, and what must not be replaced by what the engine has
 * @throws InternVLError `RUNTIME_MISSING`; `UNSUPPORTED` when it runs already with another number of threads
 */
export async function loadOnnxruntime(
  device: WebDevice,
  settings: EngineSettings,
  asked: { threads?: number },
): Promise<Onnxruntime> {
  let engine = engines.get(device);
  if (engine === undefined) {
    engine = { settings, loading: setUp(device, settings) };
    engines.set(device, engine);
    engine.loading.catch(() => engines.delete(device));
  }
  const { threads } = engine.settings;
  if (asked.threads !== undefined && asked.threads !== threads) {
    throw new InternVLError("UNSUPPORTED", {
      what: `onnxruntime runs in this page with ${threads} threads already`,
      expected: "the same number for every session of a page",
      got: String(asked.threads),
      fix: "Name the number when the first model is loaded, or load this one in a worker.",
    });
  }
  return engine.loading;
}

async function setUp(device: WebDevice, { wasmPaths, threads }: EngineSettings): Promise<Onnxruntime> {
  try {
    const onnxruntime = await BUILDS[device]();
    const { env } = onnxruntime;
    env.wasm.numThreads = threads;
    // What the program has chosen itself stays.
    if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
    if (env.logLevel === "warning" || env.logLevel === undefined) env.logLevel = "fatal";
    return onnxruntime;
  } catch (cause) {
    throw runtimeMissing(cause);
  }
}

/** The engine's own files could not be fetched or started. */
export function runtimeMissing(cause: unknown): InternVLError {
  return new InternVLError("RUNTIME_MISSING", {
    what: `onnxruntime-web could not be started: ${(cause as Error).message}`,
    fix:
      "Check that its .wasm file is served (createWebInference({ wasmPaths }) says from where), and that a " +
      "Content-Security-Policy allows script-src 'self' 'wasm-unsafe-eval' and worker-src 'self'.",
    cause,
  });
}
