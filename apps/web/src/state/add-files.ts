import { DEFAULT_SEGMENTS, type Session } from "./session.js";

/** Adds what was dropped, pasted or chosen. What is neither picture nor video is taken for a picture, and refused as one. */
export function addFiles(session: Session, files: Iterable<File>): void {
  for (const file of files) addBlob(session, file, file.name || "picture");
}

export function addBlob(session: Session, blob: Blob, name: string, suggestions: string[] = []): void {
  const isVideo = blob.type.startsWith("video/");
  session.add({
    kind: isVideo ? "video" : "picture",
    name,
    blob,
    url: URL.createObjectURL(blob),
    width: 0,
    height: 0,
    suggestions,
    ...(isVideo && { segments: DEFAULT_SEGMENTS }),
  });
}
