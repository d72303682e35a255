import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InternVLError } from "@internvl/core";
import { isErrno, isMissing } from "../files/system-error.js";
import { type Environment, expand, isTrue } from "./environment.js";

/**
 * The token that the Hugging Face tools would send: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, then the file that `hf auth
 * login` writes (`HF_TOKEN_PATH`, else `token` in `homeFolder`). With `HF_HUB_DISABLE_IMPLICIT_TOKEN` there is none.
 *
 * @throws InternVLError `FILE_INVALID` when the file is there and cannot be read
 */
export async function findToken(environment: Environment, homeFolder: string): Promise<string | undefined> {
  if (isTrue(environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined;
  const named = clean(environment["HF_TOKEN"] || environment["HUGGING_FACE_HUB_TOKEN"]);
  if (named !== undefined) return named;
  const file = environment["HF_TOKEN_PATH"];
  return readToken(file ? expand(file, environment) : join(homeFolder, "token"));
}

/** The header that carries `token`. @throws InternVLError `INPUT_INVALID` for what no header can carry */
export function authorization(token: string): string {
  // The message must not show the token: messages end in logs.
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new InternVLError("INPUT_INVALID", {
    what: "The token for the Hub has characters that no token has",
    expected: "letters, digits and signs without spaces, hf_… for instance",
    fix: "Copy it again from your settings page on the Hub.",
  });
}

async function readToken(file: string): Promise<string | undefined> {
  try {
    return clean(await readFile(file, "utf8"));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new InternVLError("FILE_INVALID", {
      what: `The token file ${file} cannot be read: ${(cause as Error).message}`,
      fix: isErrno(cause, "EACCES", "EPERM")
        ? "Give yourself the right to read it, or set HF_TOKEN."
        : "Mend or remove it, or set HF_TOKEN.",
      cause,
    });
  }
}

function clean(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}
