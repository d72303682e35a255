import { createHash } from "node:crypto";
import { GRAPHS, type GraphDtypes } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { checkpointHash } from "./checkpoint-hash.js";

/**
 * The name of a conversion's folder: another checkpoint, another dtype or another converter is another folder. Of a model
 * on the Hub the commit says what is in it, so that no weights have to be here.
 *
 * @param fingerprint stands for the converter's code
 */
export async function conversionKey(
  files: ModelFiles,
  dtypes: GraphDtypes,
  fingerprint: string,
  options: { signal?: AbortSignal },
): Promise<string> {
  const content = files.version ?? (await checkpointHash(files, options));
  const graphs = GRAPHS.map((graph) => `${graph}=${dtypes[graph]}`).join();
  const hash = createHash("sha256").update([content, fingerprint, graphs].join("\0")).digest("hex");
  // A branch, a tag and the commit itself are the same model.
  const name = files.version?.replace(/@[^/]*/, "") ?? files.name;
  return `${readableName(name)}-${dtypes.decoder_model_merged}-${hash.slice(0, 16)}`;
}

/** For people who look into the cache: the last part of a path or an id, in characters that every disk takes. */
function readableName(name: string): string {
  const last = name.split(/[/\\]/).findLast((part) => part !== "") ?? "model";
  return last.replace(/[^\w.-]/g, "-").slice(0, 80);
}
