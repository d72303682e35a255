import { shownBoxes } from "../state/shown-boxes.js";
import { planTiles } from "../state/tile-plan.js";
import type { MediaItem } from "../state/types.js";
import { Boxes } from "./Boxes.js";
import { useStore } from "./session-context.js";
import { TileGrid } from "./TileGrid.js";

/** The picture that is looked at, with what the model sees and says drawn over it. */
export function Picture({ item }: { item: MediaItem }) {
  const [state, dispatch] = useStore();
  const { id, kind, name, url, width, height } = item;
  const isMeasured = width > 0 && height > 0;
  const ratio = isMeasured ? width / height : 4 / 3;
  const facts = state.model.status === "ready" ? state.model.facts : undefined;
  const showsGrid = state.showTiles && kind === "picture" && isMeasured && facts !== undefined;
  return (
    <figure class={`picture ${kind}`}>
      <div class="frame" style={{ "--ratio": String(ratio) }}>
        {kind === "video" ? (
          <video src={url} controls muted aria-label={name} />
        ) : (
          <img
            src={url}
            alt={name}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              dispatch({ type: "measured", id, width: naturalWidth, height: naturalHeight })
            }
          />
        )}
        {showsGrid && <TileGrid plan={planTiles(item, facts.tiling, state.tiles)} url={url} />}
        {kind === "picture" && <Boxes boxes={shownBoxes(state)} />}
      </div>
      <figcaption>
        <span class="file-name">{name}</span>
        {isMeasured && (
          <span>
            {width} × {height}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
