import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { YuvFrame } from "@internvl/core";

/** Clips that ffmpeg makes for a suite, in a folder that goes with it. */
export class Clips {
  readonly folder: string = mkdtempSync(join(tmpdir(), "internvl-video-"));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs ffmpeg in the folder and gives what it writes to its output. */
  ffmpeg(...args: string[]): Buffer {
    try {
      return execFileSync("ffmpeg", ["-v", "error", "-y", "-nostdin", ...args], {
        cwd: this.folder,
        maxBuffer: 2 ** 30,
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (cause) {
      if ((cause as { code?: string }).code !== "ENOENT") throw cause;
      throw new Error("These tests need ffmpeg on PATH: apt-get install ffmpeg", { cause });
    }
  }

  /** A moving test picture of 4 seconds, 100 frames, encoded. */
  make(name: string, ...encoding: string[]): string {
    this.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=98x54:rate=25:duration=4", ...encoding, name);
    return this.path(name);
  }

  /** All frames as ffmpeg itself reads them from the file, 4:2:0 of 8 bits. */
  decode(name: string, width = 98, height = 54): YuvFrame[] {
    const bytes = this.ffmpeg("-noautorotate", "-i", name, "-vsync", "passthrough", "-f", "rawvideo", "-");
    const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
    const size = width * height + 2 * chroma;
    return Array.from({ length: bytes.length / size }, (_, frame) => {
      const at = frame * size + width * height;
      const y = new Uint8Array(bytes.subarray(frame * size, at));
      const u = new Uint8Array(bytes.subarray(at, at + chroma));
      const v = new Uint8Array(bytes.subarray(at + chroma, at + 2 * chroma));
      return { width, height, planes: [y, u, v], subsampling: [2, 2], depth: 8 };
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** How each codec is asked for, with B-frames where it has them. */
export const ENCODINGS: Readonly<Record<string, readonly string[]>> = {
  "h264.mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30", "-bf", "3"],
  "h264.mkv": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30", "-bf", "3"],
  "h264.ts": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30", "-bf", "0"],
  "open-gop.mp4": [
    "-c:v",
    "libx264",
    "-pix_fmt",
    "yuv420p",
    "-g",
    "20",
    "-x264-params",
    "open-gop=1:bframes=3:scenecut=0",
  ],
  "hevc.mp4": ["-c:v", "libx265", "-pix_fmt", "yuv420p", "-tag:v", "hvc1", "-x265-params", "log-level=none:keyint=30"],
  "vp8.webm": ["-c:v", "libvpx", "-g", "30", "-auto-alt-ref", "0"],
  "vp9.webm": ["-c:v", "libvpx-vp9", "-g", "30", "-auto-alt-ref", "1", "-lag-in-frames", "16"],
  "vp9.mp4": ["-c:v", "libvpx-vp9", "-g", "30"],
  "av1.webm": ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "30"],
  "av1.mp4": ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "30"],
};
