import { basename, resolve } from "node:path";
import { InternVLError, isAbort, type LongCallOptions } from "@internvl/core";
import { checkPush, type PushReport, pushToHub } from "@internvl/runtime-node";

/** The options of the command that are about pushing. */
export interface Push {
  /** The repository; true: named like the folder. */
  push_to_hub?: string | true;
  private?: boolean;
  json?: boolean;
}

/** The folder that is written, and what every long call takes. */
interface Way extends LongCallOptions {
  output: string;
}

/**
 * Converts, and with `--push_to_hub` uploads what was written. Whether that is allowed is asked before, so that nobody
 * converts for an hour and has the wrong token then.
 *
 * @param convert gives what is printed at its end
 * @returns the same, with where it was pushed
 */
export async function withPush(options: Push, way: Way, convert: (way: Way) => Promise<string>): Promise<string> {
  const { push_to_hub, json } = options;
  if (push_to_hub === undefined) return convert(way);
  const repo = push_to_hub === true ? basename(resolve(way.output)) : push_to_hub;
  await checkPush(repo, { signal: way.signal });
  const summary = await convert(way);
  const pushed = await push(repo, options, way);
  if (json) return JSON.stringify({ ...JSON.parse(summary), pushed });
  const { url, committed, stored } = pushed;
  return `${summary}\nPushed to ${url}: ${committed.length} files in the commit, the bytes of ${stored.length} were sent`;
}

async function push(repo: string, options: Push, { output, signal, progress_callback }: Way): Promise<PushReport> {
  try {
    const message = "Upload the model, converted by internvl-convert";
    return await pushToHub(output, repo, { private: options.private, message, signal, progress_callback });
  } catch (error) {
    if (!InternVLError.isInstance(error) || isAbort(error)) throw error;
    const { parts } = error;
    throw new InternVLError(error.code, {
      ...parts,
      what: `${output} was converted and not pushed: ${parts.what}`,
      cause: error,
    });
  }
}
