import type { AskTurn, Medium } from "../engine/protocol.js";
import type { MediaItem, Turn } from "./types.js";

/**
 * The turns as the model is given them. A turn that has no answer is left out, and what was added with it goes with
 * the next question.
 */
export function askTurns(turns: readonly Turn[], media: Readonly<Record<string, MediaItem>>): AskTurn[] {
  const asked: AskTurn[] = [];
  let carried: Medium[] = [];
  for (const [index, turn] of turns.entries()) {
    const all = [...carried, ...turn.media.flatMap((id) => (media[id] === undefined ? [] : [mediumOf(media[id])]))];
    const isLast = index === turns.length - 1;
    if (!isLast && turn.answer.text === "") {
      carried = all;
      continue;
    }
    carried = [];
    asked.push({ question: turn.question, media: all, ...(!isLast && { answer: turn.answer.text }) });
  }
  return asked;
}

/** What the worker needs of an item. */
export function mediumOf({ id, kind, name, blob, segments }: MediaItem): Medium {
  return { id, kind, name, blob, ...(segments !== undefined && { segments }) };
}

/** The picture that a turn's answer is about: the last that was added until then. */
export function subjectOf(turns: readonly Turn[], turn: string): string | undefined {
  const until = turns.slice(0, turns.findIndex(({ id }) => id === turn) + 1);
  return until.flatMap(({ media }) => media).at(-1);
}
