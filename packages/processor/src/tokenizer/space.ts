/** How SentencePiece writes a space. */
export const SPACE: string = "\u2581";
