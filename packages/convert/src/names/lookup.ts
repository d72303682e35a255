import { NAME_TABLES, type NameRow, type RowSharing } from "./table.js";

/** What a name of one side is called on the other. */
interface Counterpart {
  readonly original: string;
  /** One name, or the three among which rows are shared out. */
  readonly transformers: readonly string[];
  readonly sharing?: RowSharing;
}

/** Both directions of a table. */
export interface NameLookup {
  fromOriginal(name: string): Counterpart | undefined;
  fromTransformers(name: string): Counterpart | undefined;
}

/** The table of a language model's `model_type`, ready to be asked. */
export function nameLookup(model_type: keyof typeof NAME_TABLES): NameLookup {
  const rows = NAME_TABLES[model_type];
  const byOriginal = new Map(rows.map((row) => [row[0], row]));
  const byTransformers = new Map(rows.flatMap((row) => partsOf(row).map((name) => [name, row] as const)));
  const ask = (table: ReadonlyMap<string, NameRow>) => (name: string) => {
    const { pattern, layer, suffix } = split(name);
    // A tensor of its own (`ls1`) has no suffix, a module always has one; either is a row of the table.
    const row = table.get(pattern);
    if (row === undefined) return undefined;
    const fill = (side: string) => side.replace(".N.", `.${layer}.`) + suffix;
    return { original: fill(row[0]), transformers: partsOf(row).map(fill), sharing: row[2] };
  };
  return { fromOriginal: ask(byOriginal), fromTransformers: ask(byTransformers) };
}

function partsOf([, transformers]: NameRow): readonly string[] {
  return typeof transformers === "string" ? [transformers] : transformers;
}

/** `a.layers.7.b.weight` -> `a.layers.N.b`, `7`, `.weight` */
function split(name: string): { pattern: string; layer: string; suffix: string } {
  const suffix = /\.(?:weight|bias)$/.exec(name)?.[0] ?? "";
  const base = name.slice(0, name.length - suffix.length);
  const layer = /\.layers?\.(\d+)\./.exec(base)?.[1] ?? "";
  return { pattern: base.replace(/(\.layers?)\.\d+\./, "$1.N."), layer, suffix };
}
