import type { Message } from "internvl";

/**
 * A question about pictures as a message. They come before the text, unless it says itself where they go:
 * `"Image-1: <image>\nImage-2: <image>\nWhat is different?"`
 */
export function questionMessage(question: string, pictureCount: number): Message {
  if (pictureCount === 0 || question.includes("<image>")) return { role: "user", content: question };
  const blocks = Array.from({ length: pictureCount }, () => ({ type: "image" as const }));
  return { role: "user", content: [...blocks, { type: "text", text: question }] };
}
