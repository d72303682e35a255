import { anyOf } from "../regexp.js";

/**
 * The user-defined pieces of a vocabulary, which a text is cut at before anything is merged. tokenizer.json lists them among
 * the added tokens, but they belong to the model: plain text has them too.
 */
export class WholePieces {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly pattern: RegExp | null;

  /** @param ids the pieces as they stand in a normalised text */
  constructor(ids: ReadonlyMap<string, number>) {
    this.ids = ids;
    this.pattern = ids.size === 0 ? null : anyOf([...ids.keys()]);
  }

  /** The ids of a normalised text. @param encodeRest the ids of what lies between the pieces */
  encode(text: string, encodeRest: (text: string) => number[]): number[] {
    if (this.pattern === null) return encodeRest(text);
    return text.split(this.pattern).flatMap((section) => {
      const id = this.ids.get(section);
      if (id !== undefined) return [id];
      return section === "" ? [] : encodeRest(section);
    });
  }
}
