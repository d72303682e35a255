import { createHash } from "node:crypto";
import { InternVL2_5ImageProcessor, load_image, type Tensor } from "internvl";
import { type Figures, inTurn, type Samples, timed } from "../measure.js";
import { withPeers } from "../peers/set.js";
import { pillowPeer } from "../peers/starts.js";
import { type Row, row } from "../report.js";
import { type Benchmark, SHORT_RUNS } from "./benchmark.js";

/** The grid of a 4:3 picture with at most 12 tiles. */
const GRID = [4, 3] as const;
const PARTS = ["decode", "tiles", "total"] as const;

/** A JPEG of 12 megapixels to 12 tiles and a thumbnail, here and in Python. */
export const preprocess: Benchmark = async (options, workspace) => {
  const photo = await workspace.photo();
  const processor = new InternVL2_5ImageProcessor();
  const runs = options.runs ?? SHORT_RUNS;

  const ours = () => preprocessOnce(photo, processor);
  return withPeers([pillowPeer(options)], async ({ peers: [peer], absent, versions }) => {
    if (peer === undefined) {
      const [samples] = await inTurn([ours], runs);
      return { benchmark: "preprocess", setting: settingOf(processor), rows: rowsOf("Node", samples!), absent };
    }
    const [columns, rows] = GRID;
    const request = { picture: photo, columns, rows, size: processor.size.width };
    const { hash } = await peer.ask({ do: "hash", ...request });
    const same = hash === hashOf((await processor(await load_image(photo))).pixel_values);
    const [node, python] = await inTurn([ours, () => peer.measure({ do: "run", ...request })], runs);
    const peerRows = rowsOf("Python", python!);
    return {
      benchmark: "preprocess",
      setting: { ...settingOf(processor), "same pixels as Python": same ? "yes" : "NO", ...versions },
      rows: [...rowsOf("Node", node!, peerRows), ...peerRows],
    };
  });
};

async function preprocessOnce(photo: string, processor: InternVL2_5ImageProcessor): Promise<Figures> {
  const decode = await timed(() => load_image(photo));
  const tiles = await timed(() => processor(decode.result));
  return { decode: decode.ms, tiles: tiles.ms, total: decode.ms + tiles.ms };
}

function rowsOf(who: string, samples: Samples, against?: readonly Row[]): Row[] {
  return PARTS.map((part, index) => row(`${who}: ${part}`, "ms", samples[part]!, against?.[index]));
}

function settingOf(processor: InternVL2_5ImageProcessor): Record<string, string> {
  const tiles = processor.get_number_of_image_patches(3000, 4000);
  return {
    picture: "JPEG 4000 x 3000",
    tiles: `${tiles} of ${processor.size.width} x ${processor.size.height}, float32`,
  };
}

function hashOf({ data }: Tensor): string {
  const values = data as Float32Array;
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
