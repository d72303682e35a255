import { homedir } from "node:os";
import { resolve } from "node:path";

/** The environment variables of the Hugging Face tools, and the proxy's. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a variable says yes, as `huggingface_hub` reads them. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ["1", "ON", "YES", "TRUE"].includes(value.toUpperCase());
}

/** A path with `~` and `$NAME` or `${NAME}` replaced, absolute. */
export function expand(path: string, environment: Environment): string {
  const filled = path.replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, bare, braced) => environment[bare ?? braced] ?? whole);
  return resolve(filled.replace(/^~(?=$|[/\\])/, () => environment["HOME"] || homedir()));
}
