import { type InternVL2_5Processor, TextStreamer } from "internvl";

/** Special tokens that are part of an answer: what an object is called, and where it is. */
const MARKUP = ["<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>"];

/** Hands out the text of an answer, boxes included, and counts its tokens. */
export class AnswerStreamer extends TextStreamer {
  text: string = "";
  /** Tokens of the answer so far. */
  count = 0;
  #promptSeen = false;

  constructor(processor: InternVL2_5Processor, onText: (text: string) => void) {
    const { tokenizer } = processor;
    const shown = new Set(MARKUP.map((token) => tokenizer.convert_tokens_to_ids(token)));
    const hidden = new Set(tokenizer.all_special_ids.filter((id) => !shown.has(id)));
    const decode = (ids: readonly number[]) => tokenizer.decode(ids.filter((id) => !hidden.has(id)));
    const callback_function = (piece: string) => {
      // Models like to begin with a space.
      const text = this.text === "" ? piece.trimStart() : piece;
      this.text += text;
      if (text !== "") onText(text);
    };
    super({ decode }, { skip_prompt: true, callback_function });
  }

  override put(token_ids: readonly (readonly number[])[]): void {
    if (this.#promptSeen) this.count += 1;
    this.#promptSeen = true;
    super.put(token_ids);
  }
}
