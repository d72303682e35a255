import { parseAnswer, plainText } from "./parse-answer.js";
import type { State } from "./types.js";

type Exported = Pick<State, "turns" | "media" | "model" | "tiles" | "options">;

/** The conversation with all that was measured, without the pictures' bytes. */
export function exportJson({ turns, media, model, tiles, options }: Exported): string {
  const facts = model.status === "ready" ? model.facts : undefined;
  const conversation = turns.map(({ question, media: ids, answer }) => ({
    pictures: ids.map((id) => describe(media[id])),
    question,
    answer: answer.text,
    boxes: parseAnswer(answer.text).flatMap((segment) =>
      segment.kind === "thing" ? [{ text: segment.text, boxes: segment.boxes }] : [],
    ),
    ...(answer.report !== undefined && { report: answer.report }),
    ...(answer.problem !== undefined && { error: answer.problem }),
    tokens: answer.tokens,
  }));
  const about = { model: facts?.name, dtype: facts?.dtype, device: facts?.device.name, tiles, options };
  return `${JSON.stringify({ ...about, conversation }, null, 2)}\n`;
}

/** The conversation as a person reads it. */
export function exportMarkdown({ turns, media, model }: Exported): string {
  const name = model.status === "ready" ? model.facts.name : "InternVL";
  const parts = turns.flatMap(({ question, media: ids, answer }) => [
    ...ids.map((id) => `_Picture: ${escapeMarkdown(media[id]?.name ?? id)}_`),
    `**You:** ${escapeMarkdown(question)}`,
    `**${escapeMarkdown(name)}:** ${escapeMarkdown(plainText(answer.text))}`,
  ]);
  return `# A conversation with ${escapeMarkdown(name)}\n\n${parts.join("\n\n")}\n`;
}

/** Text that a Markdown reader shows as it is. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~!&]/g, "\\$&");
}

function describe(item: State["media"][string] | undefined) {
  if (item === undefined) return null;
  const { kind, name, width, height, segments } = item;
  return { kind, name, width, height, ...(segments !== undefined && { frames: segments }) };
}
