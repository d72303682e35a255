import { MemoryFolder, type ModelFiles } from "@internvl/core";
import { AutoTokenizer, type Tokenizer } from "@internvl/processor";
import type { GoldenFolder } from "../golden/folder.js";
import type { GroupReport } from "../report.js";
import type { Group } from "./group.js";

interface Decoded {
  ids: number[];
  decode: string;
  decode_skip_special: string;
}

interface TokenizeJson {
  len: number;
  vocab_size: number;
  special_ids: Record<string, number>;
  bos_token_id: number | null;
  eos_token_id: number | null;
  pad_token_id: number | null;
  strings: (Decoded & { text: string; ids_no_special?: number[] })[];
  decode_only: Decoded[];
}

/** Texts to ids and back, from every form in which the vocabulary is there. */
export const tokenize: Group = async ({ golden, report }) => {
  const names = golden.list().flatMap((file) => /^tokenize-(.+)\.json$/.exec(file)?.[1] ?? []);
  if (names.length === 0) report.skip("no tokenize-*.json");
  for (const name of names) {
    const json = (await golden.json<TokenizeJson>(`tokenize-${name}.json`))!;
    const count = json.strings.length + json.decode_only.length;
    const folder = vocabularyFolder(golden, name);
    if (folder === undefined) report.skip("vocabularies of other projects, which are not here", count);
    else
      for (const [form, tokenizer] of await openForms(folder))
        await check(report, `${name} (${form})`, tokenizer, json);
  }
};

/** `tiny-qwen2` is tiny/tokenizer-qwen2; a name without `tiny-` is a published vocabulary. */
function vocabularyFolder(golden: GoldenFolder, name: string): ModelFiles | undefined {
  if (!name.startsWith("tiny-")) return golden.thirdParty(`tokenizers/${name}`);
  const folder = `tiny/tokenizer-${name.slice("tiny-".length)}`;
  return golden.has(folder) ? golden.files(folder) : undefined;
}

/** Files that hold a vocabulary; each must give the same tokenizer without the others. */
const FORMS: readonly string[] = ["tokenizer.json", "vocab.json", "tokenizer.model"];

async function openForms(folder: ModelFiles): Promise<[form: string, Tokenizer][]> {
  const paths = await folder.list();
  const forms: [string, Tokenizer][] = [];
  for (const form of FORMS.filter((candidate) => paths.includes(candidate))) {
    const files: Record<string, Uint8Array> = {};
    for (const path of paths) if (path === form || !FORMS.includes(path)) files[path] = await folder.read(path);
    forms.push([form, await AutoTokenizer.from_pretrained(new MemoryFolder(files, folder.name))]);
  }
  return forms;
}

async function check(report: GroupReport, name: string, tokenizer: Tokenizer, json: TokenizeJson): Promise<void> {
  const { len, vocab_size, special_ids, bos_token_id, eos_token_id, pad_token_id, strings, decode_only } = json;
  report.same(`${name} lengths`, [tokenizer.length, tokenizer.vocab_size], [len, vocab_size]);
  const named = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id];
  report.same(`${name} bos, eos, pad`, named, [bos_token_id, eos_token_id, pad_token_id]);
  for (const [token, id] of Object.entries(special_ids)) {
    report.same(`${name} ${token}`, tokenizer.convert_tokens_to_ids(token), id);
  }
  for (const { text, ids, ids_no_special, ...decoded } of strings) {
    const shown = `${name} ${JSON.stringify(text.slice(0, 40))}`;
    await report.attempt(shown, () => {
      report.same(`${shown} ids`, tokenizer.encode(text), ids);
      if (ids_no_special !== undefined) {
        report.same(`${shown} ids_no_special`, tokenizer.encode(text, { add_special_tokens: false }), ids_no_special);
      }
      checkDecoding(report, shown, tokenizer, { ids, ...decoded });
    });
  }
  for (const row of decode_only) {
    const shown = `${name} ids ${row.ids.slice(0, 8)}`;
    await report.attempt(shown, () => checkDecoding(report, shown, tokenizer, row));
  }
}

function checkDecoding(report: GroupReport, check: string, tokenizer: Tokenizer, row: Decoded): void {
  report.same(`${check} decode`, tokenizer.decode(row.ids), row.decode);
  const text = tokenizer.decode(row.ids, { skip_special_tokens: true });
  report.same(`${check} decode_skip_special`, text, row.decode_skip_special);
}
