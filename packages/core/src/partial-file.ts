import { InternVLError } from "./errors.js";
import type { FileWriter } from "./files.js";

/** What a platform does with a file under a temporary name. */
export interface PartialFile {
  /** How messages name the place that the file gets at the end. */
  target: string;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the file and gives it its name. */
  finish(): Promise<void>;
  /** Removes what was written, as far as that is possible: it does not throw. */
  discard(): Promise<void>;
  /** What a failure means. */
  failed(cause: unknown): InternVLError;
}

/**
 * A writer over a file under a temporary name, which is removed whatever goes wrong.
 *
 * @throws InternVLError from `write` and `commit`: what `failed` makes of the cause, `FILE_WRITE_FAILED` after the end
 */
export function partialFileWriter(file: PartialFile): FileWriter {
  let open = true;
  const abort = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await file.discard();
  };
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    if (!open) {
      throw new InternVLError("FILE_WRITE_FAILED", {
        what: `${file.target} was written to after its end`,
        fix: "Create a new writer.",
      });
    }
    try {
      await action();
    } catch (cause) {
      await abort();
      throw file.failed(cause);
    }
  };
  return {
    write: (bytes) => attempt(() => file.write(bytes)),
    commit: () =>
      attempt(async () => {
        await file.finish();
        open = false;
      }),
    abort,
  };
}
