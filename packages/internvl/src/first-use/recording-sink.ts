import type { FileSink } from "@internvl/core";
import { openDirectorySink } from "@internvl/runtime-node";

/** A folder to write into that remembers the files which got their names. */
export async function openRecordingSink(directory: string): Promise<FileSink & { written: readonly string[] }> {
  const sink = await openDirectorySink(directory);
  const written: string[] = [];
  return {
    name: sink.name,
    written,
    async create(path) {
      const writer = await sink.create(path);
      return {
        write: (bytes) => writer.write(bytes),
        abort: () => writer.abort(),
        commit: async () => {
          await writer.commit();
          written.push(path);
        },
      };
    },
  };
}
