import { inspect } from "node:util";
import { InternVLError } from "@internvl/core";
import type { Command } from "commander";
import { watchReaders } from "./reader-gone.js";

/**
 * Runs a command line: errors become one message on stderr and exit code 1, with `--json` also a line
 * `{"error": {"code", "message"}}` on stdout, with `--debug` their stack and causes. A reader that goes away
 * (`internvl … | head -1`) ends the program and is no error.
 */
export async function runProgram(program: Command, argv: readonly string[] = process.argv): Promise<void> {
  const fail = (error: unknown): never => {
    if (argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error: errorObject(error) })}\n`);
    process.stderr.write(`${errorText(error, argv.includes("--debug"))}\n`);
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  watchReaders();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    fail(error);
  }
}

/** What a person reads about an error. A stack is for those who ask for it. */
export function errorText(error: unknown, debug: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  if (debug) return `error: ${message}\n${inspect(error)}`;
  const hint = InternVLError.isInstance(error)
    ? ""
    : "\nThis is unexpected. Run again with --debug to see where it happened.";
  return `error: ${message}${hint}`;
}

function errorObject(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: InternVLError.isInstance(error) ? error.code : "UNEXPECTED", message };
}
