import type { Group } from "./group.js";

interface VideoJson {
  video_get_index?: unknown[];
  hf_video_sample_frames?: unknown[];
}

/** Which frames of a video are looked at. Videos are not processed yet, so that everything here is counted as skipped. */
export const video: Group = async ({ golden, report }) => {
  const json = golden.json<VideoJson>("chat.json");
  const rows = [...(json?.video_get_index ?? []), ...(json?.hf_video_sample_frames ?? [])];
  if (rows.length === 0) report.skip("no frame indices in chat.json");
  else report.skip("video", rows.length);
};
