import type { GenerationChoices } from "../engine/protocol.js";

/** One option of `generate`, as the page offers it. */
export interface OptionRow {
  name: string;
  label: string;
  explanation: string;
  value: number | boolean;
  min?: number;
  max?: number;
  step?: number;
  /** Acts only together with `do_sample`. */
  sampling?: boolean;
}

export const OPTION_ROWS: readonly OptionRow[] = [
  {
    name: "max_new_tokens",
    label: "Longest answer",
    explanation: "The answer is cut off after so many tokens.",
    value: 256,
    min: 1,
    max: 4096,
    step: 1,
  },
  {
    name: "do_sample",
    label: "Vary the answers",
    explanation: "Draws each token by its probability. Off: the likeliest token, and the same answer every time.",
    value: false,
  },
  {
    name: "temperature",
    label: "Temperature",
    explanation: "Below 1 likely tokens become likelier, above 1 all become more alike.",
    value: 1,
    min: 0.05,
    max: 2,
    step: 0.05,
    sampling: true,
  },
  {
    name: "top_p",
    label: "Top p",
    explanation: "Draws from the likeliest tokens that together have this probability.",
    value: 1,
    min: 0.05,
    max: 1,
    step: 0.05,
    sampling: true,
  },
  {
    name: "top_k",
    label: "Top k",
    explanation: "Draws from so many of the likeliest tokens. 0: from all.",
    value: 50,
    min: 0,
    max: 1000,
    step: 1,
    sampling: true,
  },
  {
    name: "seed",
    label: "Seed",
    explanation: "The same seed draws the same answer. 0: another one each time.",
    value: 0,
    min: 0,
    max: 4294967295,
    step: 1,
    sampling: true,
  },
  {
    name: "repetition_penalty",
    label: "Repetition penalty",
    explanation: "Above 1, tokens that have been used become less likely.",
    value: 1,
    min: 0.5,
    max: 2,
    step: 0.05,
  },
  {
    name: "num_beams",
    label: "Beams",
    explanation: "Follows so many answers at once and takes the likeliest. Above 1 it comes all at once, and slower.",
    value: 1,
    min: 1,
    max: 8,
    step: 1,
  },
];

export function defaultOptions(): GenerationChoices {
  return Object.fromEntries(OPTION_ROWS.map(({ name, value }) => [name, value]));
}

/** What `generate` is given: options that do nothing without sampling are left out, and so is a seed of 0. */
export function effectiveOptions(options: GenerationChoices): GenerationChoices {
  const rows = OPTION_ROWS.filter(({ sampling }) => !sampling || options["do_sample"] === true);
  const given = rows.map(({ name, value }) => [name, options[name] ?? value] as const);
  return Object.fromEntries(given.filter(([name, value]) => name !== "seed" || value !== 0));
}
