/**
 * What a screen reader should say of an answer while it is written: whole sentences, and all of it at the end. Letter by
 * letter it would interrupt itself.
 */
export function spokenPart(text: string, isDone: boolean): string {
  if (isDone) return text;
  const end = /^[\s\S]*[.!?](?=\s)/.exec(text);
  return end?.[0] ?? "";
}
