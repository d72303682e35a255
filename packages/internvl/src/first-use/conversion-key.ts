import { createHash } from "node:crypto";
import type { GraphDtypes } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { checkpointHash } from "./checkpoint-hash.js";
import { conversionName, conversionText } from "./conversion-name.js";

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
  const hash = createHash("sha256")
    .update(conversionText(content, fingerprint, dtypes))
    .digest("hex");
  // A branch, a tag and the commit itself are the same model.
  const name = files.version?.replace(/@[^/]*/, "") ?? files.name;
  return conversionName(name, dtypes, hash);
}
