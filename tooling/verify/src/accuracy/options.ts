import { DTYPES, type Dtype } from "internvl";

export function asDtype(name: string): Dtype {
  if ((DTYPES as readonly string[]).includes(name)) return name as Dtype;
  throw new Error(`--dtype: expected ${DTYPES.join(", ")}, got ${name}`);
}

export function asLimit(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new Error(`--limit: expected a whole number of at least 1, got ${text}`);
}
