import { InternVLError } from "@internvl/core";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** `"5GB"` -> 5e9, as Transformers writes sizes. @throws InternVLError `INPUT_INVALID` */
export function parseSize(text: string): number {
  const [, number, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (number !== undefined && factor !== undefined && Number(number) > 0) return Number(number) * factor;
  throw new InternVLError("INPUT_INVALID", {
    what: "A size of files cannot be read",
    expected: "a number with KB, MB or GB, like 5GB",
    got: JSON.stringify(text),
  });
}
