import { InternVLError } from "@internvl/core";

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** The field, from the outermost configuration inwards: `["text_config", "num_attention_heads"]`. */
  readonly path: readonly string[];
  /** What is allowed, with the reason of a limit. */
  readonly expected: string;
  /** The value, as it would stand in JSON. */
  readonly got: string;
}

/** `CONFIG_INVALID`, with every problem that was found and not only the first. */
export class ConfigError extends InternVLError {
  /** Where the values come from: a class name, or a file. */
  readonly origin: string;
  readonly problems: readonly ConfigProblem[];

  constructor(origin: string, problems: readonly ConfigProblem[], fix?: string) {
    super("CONFIG_INVALID", { ...describe(origin, problems), fix });
    this.name = "ConfigError";
    this.origin = origin;
    this.problems = problems;
  }
}

function describe(
  origin: string,
  problems: readonly ConfigProblem[],
): { what: string; expected?: string; got?: string } {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) {
    const { path, expected, got } = first;
    return { what: `${path.join(".")} of ${origin} is not valid`, expected, got };
  }
  const lines = problems.map(({ path, expected, got }) => `\n- ${path.join(".")}: expected ${expected}, got ${got}`);
  return { what: `${problems.length} fields of ${origin} are not valid:${lines.join("")}` };
}

/** Runs `build`, and moves the problems of a part into those of the whole, below `field`. */
export function collect<T>(field: string, into: ConfigProblem[], build: () => T): T | undefined {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    into.push(...error.problems.map((problem) => ({ ...problem, path: [field, ...problem.path] })));
    return undefined;
  }
}

/** A value as messages show it; long ones are cut. */
export function show(value: unknown): string {
  const MAX_SHOWN = 80;
  const text =
    typeof value === "number" || typeof value === "bigint" || value === undefined || typeof value === "function"
      ? String(value)
      : (JSON.stringify(value) ?? typeof value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
