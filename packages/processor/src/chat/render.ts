import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { InternVLError } from "@internvl/core";
import type { ChatTemplate } from "./templates/index.js";

/**
 * The longest prompt that a template may write, in characters. No token of the family's vocabularies is longer than 128
 * characters and no member sees more than 32,768 tokens: what is longer cannot be a prompt.
 */
export const MAX_TEMPLATE_OUTPUT: number = 128 * 32_768;

/**
 * The most expressions that are evaluated for one prompt. Templates take a few dozen a message, and the longest context
 * holds some 6,500 of the shortest messages. A loop that never ends is stopped after seconds.
 */
const MAX_TEMPLATE_STEPS = 500_000;

/** The longest `range()`: the interpreter makes a list of it, and a scope for each entry, before a loop begins. */
const MAX_TEMPLATE_RANGE = 10_000;

/**
 * Renders a chat template as Transformers does (`trim_blocks`, `lstrip_blocks`, `raise_exception`, `strftime_now`).
 * Templates come from model folders, which anybody can write: what they may cost is limited.
 *
 * @throws InternVLError `TEMPLATE_INVALID` with the template's name and what it said
 */
export function renderChatTemplate(template: ChatTemplate, variables: Readonly<Record<string, unknown>>): string {
  let output: unknown;
  try {
    const program = parse(tokenize(template.text, { trim_blocks: true, lstrip_blocks: true }));
    const globals = { ...templateGlobals(), ...variables };
    const environment = new Environment();
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    output = new LimitedInterpreter(environment).run(program).value;
  } catch (cause) {
    throw new InternVLError("TEMPLATE_INVALID", {
      what: `The chat template "${template.name}" failed: ${(cause as Error).message}`,
      fix: `Change the conversation to what the template accepts, or pass another chat_template.`,
      cause,
    });
  }
  if (typeof output !== "string" || output.length > MAX_TEMPLATE_OUTPUT) {
    throw new InternVLError("TEMPLATE_INVALID", {
      what: `The chat template "${template.name}" wrote more than any model of the family can read`,
      expected: `at most ${MAX_TEMPLATE_OUTPUT} characters`,
      got: String((output as string).length),
      fix: "Shorten the conversation, or pass another chat_template.",
    });
  }
  return output;
}

class LimitedInterpreter extends Interpreter {
  private steps = 0;

  override evaluate(...args: Parameters<Interpreter["evaluate"]>): ReturnType<Interpreter["evaluate"]> {
    if (++this.steps > MAX_TEMPLATE_STEPS) throw new Error(`it takes more than ${MAX_TEMPLATE_STEPS} steps`);
    return super.evaluate(...args);
  }
}

// The names that Transformers gives to templates, and Jinja's own constants in both of their spellings.
function templateGlobals(): Record<string, unknown> {
  return {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range: boundedRange,
    raise_exception: (message: string) => {
      throw new Error(message);
    },
    strftime_now: (format: string) => strftime(new Date(), format),
  };
}

function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_TEMPLATE_RANGE)) throw new Error(`range() of ${length} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}

/** The directives that published templates use: day, month, year and time, in English. */
function strftime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const month = (style: "long" | "short"): string => new Intl.DateTimeFormat("en", { month: style }).format(date);
  const fields: Record<string, string> = {
    Y: String(date.getFullYear()),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    b: month("short"),
    B: month("long"),
    "%": "%",
  };
  return format.replace(/%(.)/g, (directive, letter: string) => fields[letter] ?? directive);
}
