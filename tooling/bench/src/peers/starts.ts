import { join } from "node:path";
import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { syntheticTokenizer } from "../checkpoint/tokenizer.js";
import type { BenchOptions } from "../options.js";
import { packageFile } from "../package-file.js";
import type { Workspace } from "../workspace.js";
import { LinePeer } from "./line-peer.js";
import { peerModules, peerPlaces, peerPython } from "./places.js";
import type { PeerStart } from "./set.js";

/** Pillow and numpy. */
export function pillowPeer(options: BenchOptions): PeerStart {
  return { name: "Python", open: () => pythonProgram("Python", options, "preprocess.py"), request: { do: "load" } };
}

/** PyTorch with Transformers' classes: one of the two networks. */
export function torchPeer(options: BenchOptions, part: "vision" | "text", dtype: "float32" | "bfloat16"): PeerStart {
  const name = `PyTorch ${dtype === "float32" ? "fp32" : "bf16"}`;
  const shape = shapeOf(options);
  return {
    name,
    open: () => pythonProgram(name, options, "torch_peer.py"),
    request: { do: "load", part, shape, dtype, threads: options.threads, vocabulary: syntheticTokenizer(shape).size },
  };
}

/** OpenVINO with the vision tower in int8, which is exported once and kept in the work directory. */
export async function openvinoPeer(options: BenchOptions, workspace: Workspace): Promise<PeerStart> {
  const name = "OpenVINO int8";
  const path = join(await workspace.folder("openvino"), `${workspace.modelName()}-int8.xml`);
  return {
    name,
    open: () => pythonProgram(name, options, "openvino_peer.py"),
    request: { do: "load", shape: shapeOf(options), threads: options.threads, path },
  };
}

/** llama.cpp through node-llama-cpp, with the language model's shape. */
export async function llamaPeer(
  options: BenchOptions,
  workspace: Workspace,
  type: "Q4_0" | "Q8_0",
  context: number,
): Promise<PeerStart> {
  const name = `node-llama-cpp ${type.toLowerCase()}`;
  return {
    name,
    open: () => {
      const folder = peerModules(peerPlaces(options.peers).llama, "node-llama-cpp");
      return new LinePeer(name, process.execPath, [packageFile("node/llama.mjs"), folder]);
    },
    request: { do: "load", model: await workspace.gguf(type), threads: options.threads, context },
  };
}

/** llama.cpp's own program, in q4_0. It comes ready in no package: whoever has it says where. */
export async function llamaBenchPeer(options: BenchOptions, workspace: Workspace): Promise<PeerStart> {
  const { llamaBench, threads } = options;
  const name = "llama-bench q4_0";
  return {
    name,
    open: () => {
      if (llamaBench === undefined) throw new Error("no llama-bench (--llama-bench)");
      return new LinePeer(name, process.execPath, [packageFile("node/llama-bench.mjs"), llamaBench]);
    },
    request: { do: "load", model: await workspace.gguf("Q4_0"), threads },
  };
}

function pythonProgram(name: string, options: BenchOptions, script: string): LinePeer {
  return new LinePeer(name, peerPython(options), [packageFile(`python/${script}`)]);
}

function shapeOf({ shape, layers }: BenchOptions) {
  return cutShape(SHAPES[shape], layers);
}
