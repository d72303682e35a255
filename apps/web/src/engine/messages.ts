import type { Message } from "internvl";
import type { AskTurn } from "./protocol.js";

/** Tokens of answers that a question may use as well: "Where is <ref>the red circle</ref>?" */
const MARKUP = /<\/?(ref|box|quad)>/;

/** A conversation for the chat template: media of a turn stand before its question. */
export function messagesOf(turns: readonly AskTurn[]): Message[] {
  return turns.flatMap(({ question, media, answer }): Message[] => {
    const blocks = media.map(({ kind }) => ({ type: kind === "video" ? ("video" as const) : ("image" as const) }));
    const asked: Message = { role: "user", content: [...blocks, { type: "text", text: question }] };
    return answer === undefined ? [asked] : [asked, { role: "assistant", content: answer }];
  });
}

/** Whether special tokens in questions are plain text. They are, unless somebody points at a thing by its markup. */
export function escapesQuestions(turns: readonly AskTurn[]): boolean {
  return !turns.some(({ question }) => MARKUP.test(question));
}
