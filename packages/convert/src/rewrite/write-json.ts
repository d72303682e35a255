import { type FileSink, type JsonObject, writeFile } from "@internvl/core";

/** Writes a JSON file as Python's libraries lay it out. */
export async function writeJson(sink: FileSink, path: string, json: JsonObject): Promise<void> {
  await writeFile(sink, path, `${JSON.stringify(json, null, 2)}\n`);
}
