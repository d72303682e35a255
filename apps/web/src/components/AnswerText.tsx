import { subjectOf } from "../state/ask-turns.js";
import { parseAnswer } from "../state/parse-answer.js";
import { THING_COLOURS } from "./Boxes.js";
import { useStore } from "./session-context.js";

/** An answer's words. Those that have boxes point at them. Nothing in an answer is ever markup. */
export function AnswerText({ turn, text }: { turn: string; text: string }) {
  const [{ pointed, turns }, dispatch] = useStore();
  const point = (thing: number | undefined) =>
    dispatch({ type: "point", at: thing === undefined ? undefined : { turn, thing } });
  const show = (thing: number) => {
    const id = subjectOf(turns, turn);
    if (id !== undefined) dispatch({ type: "select", id });
    point(thing);
  };
  return (
    <p class="answer-text">
      {parseAnswer(text).map((segment, index) => {
        if (segment.kind === "text") return segment.text;
        const { thing, boxes } = segment;
        const isPointed = pointed?.turn === turn && pointed.thing === thing;
        return (
          <button
            key={index}
            type="button"
            class={`thing colour-${thing % THING_COLOURS}${isPointed ? " pointed" : ""}`}
            aria-label={`${segment.text}, ${boxes.length === 1 ? "a box" : `${boxes.length} boxes`} in the picture`}
            onMouseEnter={() => point(thing)}
            onMouseLeave={() => point(undefined)}
            onFocus={() => point(thing)}
            onBlur={() => point(undefined)}
            onClick={() => show(thing)}
          >
            {segment.text}
          </button>
        );
      })}
    </p>
  );
}
