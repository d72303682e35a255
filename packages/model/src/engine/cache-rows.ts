/** The token of a column that was read from embeddings: unknown. */
const UNKNOWN = -1;
/** Stands for columns that are no piece of a prompt. */
const NO_PIECE = 0;

/** What a cache knows of its rows beside their keys and values. */
export class CacheRows {
  /** `[batch][length]` */
  readonly tokens: readonly number[][];
  /** `[batch][length]`: 0 for padding. */
  readonly visible: readonly number[][];
  /** Where the pieces of prompts ended that the columns were read in; 0 for those that were read in any other way. */
  readonly pieces: number[];
  /** `[batch][batch]`: the leading columns in which two rows are equal because they were made from one. */
  readonly #common: readonly number[][];

  private constructor(
    tokens: readonly number[][],
    visible: readonly number[][],
    pieces: number[],
    common: readonly number[][],
  ) {
    this.tokens = tokens;
    this.visible = visible;
    this.pieces = pieces;
    this.#common = common;
  }

  static empty(batch: number): CacheRows {
    return CacheRows.of(
      Array.from({ length: batch }, () => []),
      Array.from({ length: batch }, () => []),
    );
  }

  /** Rows of which nothing is known but what they hold. Takes the arrays over. */
  static of(tokens: readonly number[][], visible: readonly number[][]): CacheRows {
    return new CacheRows(
      tokens,
      visible,
      tokens[0]!.length > 0 ? [NO_PIECE] : [],
      tokens.map(() => tokens.map(() => 0)),
    );
  }

  get batch(): number {
    return this.tokens.length;
  }

  get length(): number {
    return this.tokens[0]!.length;
  }

  append(
    visible: readonly (readonly number[])[],
    tokens: readonly (readonly number[])[] | undefined,
    isPiece: boolean,
  ): void {
    for (let row = 0; row < this.batch; row++) {
      const flags = visible[row]!;
      const ids = tokens?.[row];
      for (let i = 0; i < flags.length; i++) {
        this.visible[row]!.push(flags[i] ? 1 : 0);
        this.tokens[row]!.push(ids?.[i] ?? UNKNOWN);
      }
    }
    this.pieces.push(isPiece ? this.length : NO_PIECE);
  }

  crop(length: number): void {
    const cut = this.pieces.findIndex((end) => end > length);
    if (cut !== -1) {
      const isBorder = length === (this.pieces[cut - 1] ?? 0);
      this.pieces.splice(cut, this.pieces.length, ...(isBorder ? [] : [NO_PIECE]));
    }
    for (let row = 0; row < this.batch; row++) {
      this.tokens[row]!.length = length;
      this.visible[row]!.length = length;
      for (let other = 0; other < this.batch; other++) {
        this.#common[row]![other] = Math.min(this.#common[row]![other]!, length);
      }
    }
  }

  /** New rows, each a copy of the one that it names. */
  select(rows: readonly number[]): CacheRows {
    return new CacheRows(
      rows.map((row) => [...this.tokens[row]!]),
      rows.map((row) => [...this.visible[row]!]),
      [...this.pieces],
      rows.map((row) => rows.map((other) => this.common(row, other))),
    );
  }

  /** The leading columns in which the keys and values of two rows are known to be equal. */
  common(row: number, other: number): number {
    return row === other ? this.length : this.#common[row]![other]!;
  }

  /** The leading columns in which `input_ids` has these tokens. Padding and unknown tokens fit any. */
  commonWith(input_ids: readonly ArrayLike<number>[]): number {
    return this.tokens.reduce((shortest, tokens, row) => {
      const given = input_ids[row]!;
      const fits = (token: number, at: number) =>
        at < given.length && (token === given[at] || token === UNKNOWN || !this.visible[row]![at]);
      const different = tokens.findIndex((token, at) => at < shortest && !fits(token, at));
      return different === -1 ? shortest : different;
    }, this.length);
  }
}
