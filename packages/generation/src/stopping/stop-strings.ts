import type { TokenDecoder } from "../types.js";
import type { StoppingCriteria } from "./criteria.js";

/**
 * Ends a row once its last token completes one of `strings`, wherever the string's letters fall on tokens and whatever
 * follows it within that token. As in Transformers (`StopStringCriteria`) the string may begin in the prompt, and special
 * tokens count by their text.
 */
export function stopStrings(strings: readonly string[], decoder: TokenDecoder): StoppingCriteria {
  // A token has at least one byte, so no string spans more tokens than it has bytes. A few more give the decoder the
  // context that it wants at the start (a cut character, a stripped space).
  const context = 4;
  const longest = Math.max(...strings.map((string) => new TextEncoder().encode(string).length));
  return (input_ids) => {
    const window = input_ids.slice(-(longest + context));
    const text = decoder.decode(window);
    const settled = decoder.decode(window.slice(0, -1)).replace(/\uFFFD+$/, "").length;
    // A decoder that takes spaces before punctuation away may make a text no longer than it was.
    const before = Math.min(settled, text.length - decoder.decode(window.slice(-1)).length);
    return strings.some((string) => text.includes(string, Math.max(0, before - string.length + 1)));
  };
}
