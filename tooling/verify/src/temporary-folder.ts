import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A folder for converted models. It goes away with `remove`, or with the program, however that ends. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "internvl-verify-"));
  // Without a listener a signal ends the program at once, without "exit".
  const end = (signal: keyof typeof SIGNALS): void => process.exit(SIGNALS[signal]);
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true });
    process.off("exit", remove).off("SIGINT", end).off("SIGTERM", end);
  };
  process.on("exit", remove).on("SIGINT", end).on("SIGTERM", end);
  return { path, remove };
}
