import {
  type OriginalTensorConfig,
  POSITION_EMBEDDING_NAME,
  patchesOfTile,
  rowView,
  type TensorSource,
  type WeightSource,
  withTensors,
} from "../checkpoint/index.js";
import { castTo } from "../quantise/index.js";
import { resizeBicubic } from "./bicubic.js";

/** Patches a side of the grid that position embeddings `[1, 1 + side * side, hidden]` are for; undefined for none. */
export function positionGrid(shape: readonly number[]): number | undefined {
  const side = Math.sqrt((shape[1] ?? 0) - 1);
  return shape.length === 3 && shape[0] === 1 && Number.isInteger(side) && side > 0 ? side : undefined;
}

/**
 * A checkpoint whose position embeddings fit tiles of the configured size: where they were trained for another one,
 * their grid is resized in float32 and the class token's stays, as `InternVisionEmbeddings._get_pos_embed` of
 * `modeling_intern_vit.py` does it for every picture.
 */
export function withResizedPositions(tensors: TensorSource, config: OriginalTensorConfig): TensorSource {
  if (!tensors.has(POSITION_EMBEDDING_NAME)) return tensors;
  const stored = tensors.get(POSITION_EMBEDDING_NAME);
  const from = positionGrid(stored.shape);
  const to = patchesOfTile(config);
  if (from === undefined || from === to) return tensors;
  return withTensors(tensors, new Map([[POSITION_EMBEDDING_NAME, resized(stored, from, to)]]));
}

function resized(stored: WeightSource, from: number, to: number): WeightSource {
  const channels = stored.shape[2]!;
  return rowView({
    name: stored.name,
    dtype: "F32",
    shape: [1, 1 + to * to, channels],
    async rows(start, end, options) {
      if (start === end) return new Uint8Array(0);
      const bytes = await castTo("F32", stored).rows(0, 1, options);
      const values = new Float32Array(bytes.slice().buffer);
      const result = new Float32Array((1 + to * to) * channels);
      result.set(values.subarray(0, channels));
      result.set(resizeBicubic(values.subarray(channels), from, to, channels), channels);
      return new Uint8Array(result.buffer);
    },
  });
}
