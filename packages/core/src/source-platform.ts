import { InternVLError } from "./errors.js";

/** What messages about the source of a picture or a video say on a platform. */
export interface SourcePlatform {
  /** What a source may be: `"a path, a URL, bytes, …"`. */
  expected: string;
  /** What somebody can do when an address cannot be reached, a sentence. */
  unreachable: string;
}

/** How much of an address a message shows: a data URL may be megabytes long. */
const SHOWN_CHARACTERS = 100;

/** How messages name what an address or a path says. */
export function shortName(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** @throws InternVLError `FILE_NOT_FOUND` for a file that was moved or changed after it was chosen */
export async function readBlob(blob: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${name} cannot be read: ${(cause as Error).message}`,
      fix: "Choose the file again.",
      cause,
    });
  }
}
