import { describePlan, planTiles } from "../state/tile-plan.js";
import type { MediaItem } from "../state/types.js";
import { Icon } from "./Icon.js";
import { useStore } from "./session-context.js";

/** InternVL 2.5 was trained with up to 12 tiles a picture, and understands more. */
const MOST = 24;

/** How finely a picture is looked at, and what that costs. */
export function TileControls({ item }: { item: MediaItem }) {
  const [{ model, tiles, showTiles }, dispatch] = useStore();
  if (model.status !== "ready" || item.width === 0) return null;
  const change = (which: "min" | "max", value: number) => {
    const next = { ...tiles, [which]: value };
    // Each pushes the other before it.
    if (which === "min") next.max = Math.max(next.max, value);
    else next.min = Math.min(next.min, value);
    dispatch({ type: "tiles", tiles: next });
  };
  return (
    <div class={showTiles ? "tile-controls open" : "tile-controls"}>
      <button
        type="button"
        class="quiet toggle"
        aria-pressed={showTiles}
        onClick={() => dispatch({ type: "show tiles", shown: !showTiles })}
      >
        <Icon name="grid" />
        Show tiles
      </button>
      <output aria-live="polite">{describePlan(planTiles(item, model.facts.tiling, tiles))}</output>
      {(["min", "max"] as const).map((which) => (
        <label key={which}>
          <span>
            {which === "min" ? "At least" : "At most"} <b>{tiles[which]}</b>
          </span>
          <input
            type="range"
            min={1}
            max={MOST}
            value={tiles[which]}
            aria-label={which === "min" ? "Fewest tiles" : "Most tiles"}
            onInput={({ currentTarget }) => change(which, currentTarget.valueAsNumber)}
          />
        </label>
      ))}
    </div>
  );
}
