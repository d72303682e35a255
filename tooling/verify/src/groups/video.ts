import { get_index, sample_frames } from "@internvl/image-processor";
import type { Group } from "./group.js";

interface IndexRow {
  /** Seconds. */
  bound: [number, number] | null;
  fps: number;
  max_frame: number;
  first_idx: number;
  num_segments: number;
  indices: number[];
}

interface SampleRow {
  total_num_frames: number;
  fps: number | null;
  num_frames: number | null;
  sample_fps: number | null;
  initial_shift: boolean | number;
  indices: number[] | { error: string };
}

interface VideoJson {
  video_get_index?: IndexRow[];
  hf_video_sample_frames?: SampleRow[];
}

/** Which frames of a video are looked at: the original's `get_index` and Transformers' `sample_frames`. */
export const video: Group = async ({ golden, report }) => {
  const { video_get_index = [], hf_video_sample_frames = [] } = (await golden.json<VideoJson>("chat.json")) ?? {};
  if (video_get_index.length + hf_video_sample_frames.length === 0) report.skip("no frame indices in chat.json");
  for (const row of video_get_index) {
    const { bound, fps, max_frame, first_idx, num_segments, indices } = row;
    const check = `get_index ${JSON.stringify({ bound, fps, max_frame, first_idx, num_segments })}`;
    await report.attempt(check, () =>
      report.same(check, get_index(bound, fps, max_frame, first_idx, num_segments), indices),
    );
  }
  for (const { indices, ...row } of hf_video_sample_frames) {
    const check = `sample_frames ${JSON.stringify(row)}`;
    const sample = () => sample_frames(row, row.num_frames, row.sample_fps, row.initial_shift);
    if (!Array.isArray(indices)) report.same(`${check} refusal`, errorCode(sample), "INPUT_INVALID");
    else await report.attempt(check, () => report.same(check, sample(), indices));
  }
};

function errorCode(body: () => unknown): string {
  try {
    body();
    return "no error";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
