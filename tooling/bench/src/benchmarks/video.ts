import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { promisify } from "node:util";
import { runInChild } from "../child/run.js";
import { inTurn } from "../measure.js";
import { type Row, row } from "../report.js";
import { type Benchmark, LONG_RUNS, MEGABYTE } from "./benchmark.js";

const NUM_FRAMES = 16;
/** Length of the part that is encoded once and then repeated, in seconds. */
const PART_SECONDS = 10;
const MINUTES = [1, 10, 120];
const BACKENDS = ["webcodecs", "ffmpeg"] as const;

/** 16 frames of 1080p clips that differ in length alone: time and peak memory, in a process of its own for each. */
export const video: Benchmark = async (options, workspace) => {
  const directory = await workspace.folder("videos");
  const rows: Row[] = [];
  for (const minutes of MINUTES) {
    const path = await makeClip(directory, minutes);
    rows.push(row(`${minutes} min: file`, "MB", [statSync(path).size / MEGABYTE]));
    for (const backend of BACKENDS) {
      const once = async () => {
        const { result, peakBytes } = await runInChild("video", { path, numFrames: NUM_FRAMES, backend });
        return { ms: result.ms, peak: peakBytes / MEGABYTE };
      };
      const [samples] = await inTurn([once], options.runs ?? LONG_RUNS);
      rows.push(row(`${minutes} min: ${NUM_FRAMES} frames, ${backend}`, "ms", samples!["ms"]!));
      rows.push(row(`${minutes} min: peak of the Node process, ${backend}`, "MB", samples!["peak"]!));
    }
  }
  const frames = (NUM_FRAMES * 1920 * 1080 * 3) / MEGABYTE;
  return {
    benchmark: "video",
    setting: {
      clip: "1920 x 1080, 30 frames a second, H.264 with B-frames, a key frame every 250 frames",
      kept: `${NUM_FRAMES} frames as RGB, ${frames.toFixed(0)} MB`,
    },
    rows,
  };
};

/** A clip of some seconds is encoded once; longer ones repeat it without decoding. */
async function makeClip(directory: string, minutes: number): Promise<string> {
  const run = async (name: string, ...args: string[]): Promise<string> => {
    const path = `${directory}/${name}`;
    if (existsSync(path)) return path;
    const unfinished = `${directory}/unfinished-${name}`;
    await promisify(execFile)("ffmpeg", ["-v", "error", "-y", "-nostdin", ...args, unfinished]);
    await rename(unfinished, path);
    return path;
  };
  const source = `testsrc2=size=1920x1080:rate=30:duration=${PART_SECONDS}`;
  const encoding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "32", "-pix_fmt", "yuv420p"];
  const part = await run("video-part.mp4", "-f", "lavfi", "-i", source, ...encoding);
  const repeats = String((minutes * 60) / PART_SECONDS - 1);
  return run(`video-${minutes}min.mp4`, "-stream_loop", repeats, "-i", part, "-c", "copy");
}
