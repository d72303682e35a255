import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { DtypeOption } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import { describeDtypes, distinctDtypes } from "../convert-command/dtypes.js";
import { checkpointHash } from "./checkpoint-hash.js";
import { converterFingerprint } from "./fingerprint.js";

/**
 * The folder's name of a conversion: another checkpoint, another dtype or another converter, another name. A snapshot of
 * the Hub is named by its commit, so that nothing of it has to be here; a directory by what its files hold.
 */
export async function conversionName(
  files: ModelFiles,
  dtype: DtypeOption,
  options: { signal?: AbortSignal },
): Promise<string> {
  const { snapshot } = files;
  const content =
    snapshot === undefined
      ? await checkpointHash(files, options)
      : `${snapshot.id}\0${snapshot.commit}\0${snapshot.subfolder}`;
  const graphs = distinctDtypes([dtype]).map(describeDtypes).join();
  const parts = [content, await converterFingerprint(), graphs];
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex");
  const name = basename(snapshot?.subfolder || snapshot?.id || files.name);
  return `${name}-${typeof dtype === "string" ? dtype : "mixed"}-${hash.slice(0, 16)}`;
}
