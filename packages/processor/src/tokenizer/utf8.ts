const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * UTF-8 as SentencePiece reads it: every byte that begins no character is a U+FFFD of its own, where the platform's decoder
 * makes one of several.
 */
export function decodeBytes(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes[at]!);
    const character = decodeStrictly(bytes.slice(at, at + length));
    text += character ?? "\uFFFD";
    at += character === null ? 1 : length;
  }
  return text;
}

/** In bytes, as the first of them says it. */
function lengthOfCharacter(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function decodeStrictly(bytes: readonly number[]): string | null {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
