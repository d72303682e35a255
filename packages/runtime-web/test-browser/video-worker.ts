import { webMedia } from "@internvl/runtime-web";
import { sha256 } from "./sha256";

interface Task {
  video: Blob;
  indices: number[];
}

/** SHA-256 of frames. */
async function hashFrames({ video, indices }: Task): Promise<string[]> {
  const reader = await webMedia.openVideo(video);
  const hashes: string[] = [];
  for await (const frame of reader.frames(indices)) hashes.push(await sha256(frame.data));
  await reader.close();
  return hashes;
}

addEventListener("message", ({ data }: MessageEvent<Task>) => {
  hashFrames(data).then(postMessage, (error: Error) => postMessage(error.message));
});
