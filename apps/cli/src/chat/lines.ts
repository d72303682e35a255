import { createInterface } from "node:readline";

/** Where the lines of a chat come from. */
export interface Lines {
  /** The next line, or null at the end. */
  next(): Promise<string | null>;
}

/**
 * Lines of a person: with a prompt, editing and history. The terminal is read only while a line is awaited; meanwhile
 * Ctrl-C is a signal as anywhere else.
 */
export function terminalLines(onInterrupt: () => void): Lines {
  let history: string[] = [];
  return {
    next: () =>
      new Promise((resolve) => {
        const reader = createInterface({ input: process.stdin, output: process.stderr, history, prompt: "> " });
        let line: string | null = null;
        reader.on("history", (lines) => {
          history = lines;
        });
        reader.on("SIGINT", () => {
          onInterrupt();
          reader.prompt();
        });
        reader.on("line", (text) => {
          line = text;
          reader.close();
        });
        reader.on("close", () => resolve(line));
        reader.prompt();
      }),
  };
}

/** Lines of a pipe or a file. */
export function pipedLines(): Lines {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await lines.next();
      return done ? null : value;
    },
  };
}
