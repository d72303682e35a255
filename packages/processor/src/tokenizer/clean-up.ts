/** What `clean_up_tokenization` of Transformers replaces, in its order. */
const REPLACEMENTS: readonly (readonly [string, string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Takes spaces before English punctuation and contractions away. */
export function cleanUpTokenization(text: string): string {
  return REPLACEMENTS.reduce((cleaned, [found, replacement]) => cleaned.replaceAll(found, replacement), text);
}
