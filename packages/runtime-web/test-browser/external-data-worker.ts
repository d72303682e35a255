import type { ModelFiles } from "@internvl/core";
import { webRuntime } from "@internvl/runtime-web";

interface Task {
  folder: string;
  path: string;
  data: string;
}

/** Loads a graph and says which files were read as a whole. */
async function load({ folder, path, data }: Task): Promise<{ read: string[]; inputs: string[] }> {
  const read: string[] = [];
  const files = await webRuntime.files.open(folder);
  const watched: ModelFiles = {
    name: files.name,
    list: () => files.list(),
    has: (file) => files.has(file),
    size: (file) => files.size(file),
    readRange: (file, start, end) => files.readRange(file, start, end),
    blob: (file) => files.blob!(file),
    read(file) {
      read.push(file);
      return files.read(file);
    },
  };
  const session = await webRuntime.inference.createSession({ files: watched, path, externalData: [data] });
  return { read, inputs: session.inputs.map(({ name }) => name) };
}

addEventListener("message", ({ data }: MessageEvent<Task>) => {
  load(data).then(postMessage, (error: Error) => postMessage(error.message));
});
