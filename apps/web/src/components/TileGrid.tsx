import { describePlan, type TilePlan } from "../state/tile-plan.js";

/** The tiles over the picture, in the order in which the model reads them, and the whole picture as the last one. */
export function TileGrid({ plan, url }: { plan: TilePlan; url: string }) {
  const { columns, rows, thumbnail, tiles } = plan;
  const numbers = Array.from({ length: columns * rows }, (_, index) => index + 1);
  return (
    <div
      class="tiles"
      role="img"
      aria-label={describePlan(plan)}
      style={{ "--columns": String(columns), "--rows": String(rows) }}
    >
      {numbers.map((number) => (
        <span key={number} class="tile">
          <b>{number}</b>
        </span>
      ))}
      {thumbnail && (
        <span class="thumbnail">
          <img src={url} alt="" />
          <b>{tiles}</b>
        </span>
      )}
    </div>
  );
}
