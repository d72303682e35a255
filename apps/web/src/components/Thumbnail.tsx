import type { MediaItem } from "../state/types.js";

/** A picture, or a video's first frame, small. */
export function Thumbnail({ item, alt }: { item: MediaItem; alt: string }) {
  const { kind, url } = item;
  if (kind === "picture") return <img src={url} alt={alt} />;
  return <video src={url} muted preload="metadata" aria-label={alt || undefined} aria-hidden={alt === ""} />;
}
