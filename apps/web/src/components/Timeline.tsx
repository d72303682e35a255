import { useEffect, useState } from "preact/hooks";
import { formatTime } from "../state/format.js";
import type { MediaItem } from "../state/types.js";
import { useSession, useStore } from "./session-context.js";

const MOST_FRAMES = 32;

/** The frames of a video that the model sees, where they are in it, and how many there are. */
export function Timeline({ item }: { item: MediaItem }) {
  const session = useSession();
  const [{ model }] = useStore();
  const { id, segments = 1, preview, problem } = item;
  const frames = usePictures(preview?.frames);
  return (
    <div class="timeline">
      <label>
        <span>
          Frames <b>{segments}</b>
        </span>
        <input
          type="range"
          min={1}
          max={MOST_FRAMES}
          value={segments}
          aria-label="Frames that the model sees"
          onChange={({ currentTarget }) => void session.resample(id, currentTarget.valueAsNumber)}
        />
      </label>
      {problem !== undefined && <p role="alert">{problem.message}</p>}
      {preview === undefined && problem === undefined && <p role="status">Reading the frames…</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys scroll what has the focus. */}
      <ol aria-label="Frames" tabIndex={0}>
        {frames.map(({ url, seconds, index }) => (
          <li key={index}>
            <img src={url} alt={`Frame ${index}`} />
            <span>{seconds === null ? `#${index}` : formatTime(seconds)}</span>
          </li>
        ))}
      </ol>
      {preview !== undefined && model.status === "ready" && (
        <p class="faint">
          {frames.length} frames, one tile each: pictures of {frames.length * (model.facts.tiling.tokensPerTile + 2)}{" "}
          tokens
        </p>
      )}
    </div>
  );
}

interface ShownFrame {
  url: string;
  seconds: number | null;
  index: number;
}

/** Addresses of the frames' pictures, for as long as they are shown. */
function usePictures(frames: NonNullable<MediaItem["preview"]>["frames"] | undefined): ShownFrame[] {
  const [shown, setShown] = useState<ShownFrame[]>([]);
  useEffect(() => {
    const made = (frames ?? []).map(({ picture, seconds, index }) => ({
      url: URL.createObjectURL(picture),
      seconds,
      index,
    }));
    setShown(made);
    return () => {
      for (const { url } of made) URL.revokeObjectURL(url);
    };
  }, [frames]);
  return shown;
}
