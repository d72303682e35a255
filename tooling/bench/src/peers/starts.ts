import { join } from "node:path";
import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { syntheticTokenizer } from "../checkpoint/tokenizer.js";
import type { GgmlType } from "../gguf/format.js";
import type { BenchOptions } from "../options.js";
import { packageFile } from "../package-file.js";
import type { Workspace } from "../workspace.js";
import { LinePeer } from "./line-peer.js";
import { llamaBenchProgram, peerModules, peerPlaces, peerPython } from "./places.js";
import type { PeerStart } from "./set.js";

/** Pillow and numpy. */
export function pillowPeer(options: BenchOptions): PeerStart {
  const name = "Python";
  return { name, open: () => pythonProgram(name, options, "preprocess.py"), request: () => ({ do: "load" }) };
}

/** PyTorch with Transformers' classes: one of the two networks. */
export function torchPeer(options: BenchOptions, part: "vision" | "text", dtype: "float32" | "bfloat16"): PeerStart {
  const name = `PyTorch ${dtype === "float32" ? "fp32" : "bf16"}`;
  const shape = shapeOf(options);
  return {
    name,
    open: () => pythonProgram(name, options, "torch_peer.py"),
    request: () => {
      const { size: vocabulary } = syntheticTokenizer(shape);
      return { do: "load", part, shape, dtype, threads: options.threads, vocabulary };
    },
  };
}

/** OpenVINO with the vision tower in int8, which is exported once and kept in the work directory. */
export function openvinoPeer(options: BenchOptions, workspace: Workspace): PeerStart {
  const name = "OpenVINO int8";
  return {
    name,
    open: () => pythonProgram(name, options, "openvino_peer.py"),
    request: async () => {
      const path = join(await workspace.folder("openvino"), `${workspace.modelName()}-int8.xml`);
      return { do: "load", shape: shapeOf(options), threads: options.threads, path };
    },
  };
}

/** All that run the language model, with room for `context` tokens. */
export function languagePeers(options: BenchOptions, workspace: Workspace, context: number): PeerStart[] {
  return [
    llamaPeer(options, workspace, "Q4_0", context),
    llamaPeer(options, workspace, "Q8_0", context),
    llamaBenchPeer(options, workspace),
    transformersJsPeer(options, workspace),
    torchPeer(options, "text", "float32"),
    torchPeer(options, "text", "bfloat16"),
  ];
}

/** llama.cpp through node-llama-cpp. */
function llamaPeer(options: BenchOptions, workspace: Workspace, type: GgmlType, context: number): PeerStart {
  const name = `node-llama-cpp ${type.toLowerCase()}`;
  return {
    name,
    open: () => nodeProgram(name, "llama.mjs", peerModules(peerPlaces(options.peers).llama, "node-llama-cpp")),
    request: async () => ({ do: "load", model: await workspace.gguf(type), threads: options.threads, context }),
  };
}

/** llama.cpp's own program, in q4_0. It comes ready in no package. */
function llamaBenchPeer(options: BenchOptions, workspace: Workspace): PeerStart {
  const name = "llama-bench q4_0";
  return {
    name,
    open: () => nodeProgram(name, "llama-bench.mjs", llamaBenchProgram(options)),
    request: async () => ({ do: "load", model: await workspace.gguf("Q4_0"), threads: options.threads }),
  };
}

/** transformers.js with the weights of our own q4. */
function transformersJsPeer(options: BenchOptions, workspace: Workspace): PeerStart {
  const name = "transformers.js q4";
  const { transformersJs } = peerPlaces(options.peers);
  return {
    name,
    open: () => nodeProgram(name, "transformers-js.mjs", peerModules(transformersJs, "@huggingface/transformers")),
    request: async () => ({ do: "load", model: await workspace.transformersJs(), threads: options.threads }),
  };
}

function pythonProgram(name: string, options: BenchOptions, script: string): LinePeer {
  return new LinePeer(name, peerPython(options), [packageFile(`python/${script}`)]);
}

function nodeProgram(name: string, script: string, argument: string): LinePeer {
  return new LinePeer(name, process.execPath, [packageFile(`node/${script}`), argument]);
}

function shapeOf({ shape, layers }: BenchOptions) {
  return cutShape(SHAPES[shape], layers);
}
