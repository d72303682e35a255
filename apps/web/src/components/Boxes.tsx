import type { ShownBox } from "../state/shown-boxes.js";
import { useStore } from "./session-context.js";

/** How many colours the stylesheet has for things. */
export const THING_COLOURS = 6;

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)}%`;

/** Boxes of an answer, each with its words. */
export function Boxes({ boxes }: { boxes: readonly ShownBox[] }) {
  const [{ pointed }, dispatch] = useStore();
  return (
    <div class="boxes">
      {boxes.map(({ left, top, right, bottom, text, turn, thing }, index) => {
        const isPointed = pointed?.turn === turn && pointed.thing === thing;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: pointing with the mouse only; the words do it by keyboard.
          <div
            key={index}
            class={`box colour-${thing % THING_COLOURS}${isPointed ? " pointed" : ""}${top < 0.08 ? " inside" : ""}`}
            style={{
              left: percent(left),
              top: percent(top),
              width: percent(right - left),
              height: percent(bottom - top),
            }}
            onMouseEnter={() => dispatch({ type: "point", at: { turn, thing } })}
            onMouseLeave={() => dispatch({ type: "point", at: undefined })}
          >
            <span>{text}</span>
          </div>
        );
      })}
    </div>
  );
}
