import { readFileSync } from "node:fs";
import { get_index, sample_frames } from "@internvl/image-processor";
import { describe, expect, test } from "vitest";

interface Fixture {
  sample_frames: {
    total_num_frames: number;
    num_frames?: number;
    fps?: number;
    sample_fps?: number;
    initial_shift?: boolean | number;
    indices: number[];
  }[];
  get_index: [[number, number] | null, number, number, number, number, number[]][];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/sampling.json", import.meta.url), "utf8"));

test("sample_frames gives merged Transformers' indices, next to whole numbers too", () => {
  expect(fixture.sample_frames).toHaveLength(100);
  for (const row of fixture.sample_frames) {
    const got = sample_frames(row, row.num_frames, row.sample_fps, row.initial_shift);
    expect(got, JSON.stringify({ ...row, indices: undefined })).toEqual(row.indices);
  }
});

test("get_index gives the original's indices", () => {
  expect(fixture.get_index).toHaveLength(60);
  for (const [bound, fps, max_frame, first_idx, num_segments, indices] of fixture.get_index) {
    expect(get_index(bound, fps, max_frame, first_idx, num_segments)).toEqual(indices);
  }
});

describe("what cannot be sampled is refused", () => {
  test.each<[string, () => unknown, string]>([
    ["more frames than there are", () => sample_frames({ total_num_frames: 4 }, 8), "Expected at most 4, got 8"],
    ["no frame", () => sample_frames({ total_num_frames: 4 }, 0), "got 0"],
    ["half a frame", () => sample_frames({ total_num_frames: 4 }, 1.5), "got 1.5"],
    ["nothing said", () => sample_frames({ total_num_frames: 4 }), "num_frames or fps"],
    ["a rate without a rate", () => sample_frames({ total_num_frames: 4 }, null, 2), "metadata with fps"],
    ["a rate that gives no frame", () => sample_frames({ total_num_frames: 4, fps: 30 }, null, 1), "got 0"],
    ["a shift behind the end", () => sample_frames({ total_num_frames: 4 }, 2, null, 5), "got 5"],
    ["a shift before the beginning", () => sample_frames({ total_num_frames: 4 }, 2, null, -1), "got -1"],
    ["no segment", () => get_index(null, 30, 100, 0, 0), "got 0"],
  ])("%s", (_, sample, message) => {
    expect(sample).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
