import { subjectOf } from "./ask-turns.js";
import { type Box, parseAnswer } from "./parse-answer.js";
import type { State } from "./types.js";

/** A box over the picture that is shown. */
export interface ShownBox extends Box {
  text: string;
  turn: string;
  thing: number;
}

/** The boxes of the newest answer about the selected picture that has any, or of the answer that is pointed at. */
export function shownBoxes({ turns, selected, pointed }: Pick<State, "turns" | "selected" | "pointed">): ShownBox[] {
  const about = turns.filter(({ id }) => subjectOf(turns, id) === selected);
  const ordered = [...about].reverse().sort((a, b) => Number(b.id === pointed?.turn) - Number(a.id === pointed?.turn));
  for (const { id, answer } of ordered) {
    const boxes = parseAnswer(answer.text).flatMap((segment) =>
      segment.kind === "thing"
        ? segment.boxes.map((box): ShownBox => ({ ...box, text: segment.text, turn: id, thing: segment.thing }))
        : [],
    );
    if (boxes.length > 0) return boxes;
  }
  return [];
}
