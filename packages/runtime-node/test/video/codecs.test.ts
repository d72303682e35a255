import { type VideoBackend, yuvToRgb } from "@internvl/core";
import { nodeMedia } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clips, ENCODINGS } from "./clips.js";

const BACKENDS: readonly VideoBackend[] = ["webcodecs", "ffmpeg"];
/** Against hanging, in milliseconds. */
const TIMEOUT = 120_000;

let clips: Clips;
beforeAll(() => {
  clips = new Clips();
});
afterAll(() => clips.remove());

describe.each(Object.entries(ENCODINGS))("%s", (name, encoding) => {
  beforeAll(() => {
    clips.make(name, ...encoding);
  }, TIMEOUT);

  test.each(BACKENDS)(
    "%s gives the frames that ffmpeg itself reads",
    async (backend) => {
      const expected = clips.decode(name);
      expect(expected).toHaveLength(100);
      const video = await nodeMedia.openVideo(clips.path(name), { backend });
      expect(video.metadata).toMatchObject({ total_num_frames: 100, fps: 25, width: 98, height: 54 });
      expect(video.metadata.duration).toBeCloseTo(4, 1);
      // In each group of pictures some, neighbours, the first and the last, one twice, and one more after going back.
      const indices = [0, 1, 7, 28, 29, 30, 31, 31, 62, 63, 99, 44];
      let at = 0;
      for await (const frame of video.frames(indices)) {
        const index = indices[at++]!;
        const reference = yuvToRgb(expected[index]!, {});
        expect(Buffer.compare(frame.data, reference.data), `frame ${index}`).toBe(0);
      }
      expect(at).toBe(indices.length);
      expect(Buffer.compare((await video.frame(17)).data, yuvToRgb(expected[17]!, {}).data)).toBe(0);
      await video.close();
    },
    TIMEOUT,
  );
});
