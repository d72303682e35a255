import { GRAPHS, type GraphDtypes } from "@internvl/config";

// What the names of conversions in Node's cache and in a page's storage have in common. Hashing is each platform's own.

/** The files that a conversion reads. */
export const READ_FILES: RegExp = /^[^/]+\.(json|jinja|txt|model|safetensors)$/;

/**
 * What a conversion's hash is over.
 *
 * @param content stands for the checkpoint
 * @param converter stands for the converter's code
 */
export function conversionText(content: string, converter: string, dtypes: GraphDtypes): string {
  return [content, converter, GRAPHS.map((graph) => `${graph}=${dtypes[graph]}`).join()].join("\0");
}

/** @param hash of `conversionText`, in hexadecimal */
export function conversionName(model: string, dtypes: GraphDtypes, hash: string): string {
  return `${readableName(model)}-${dtypes.decoder_model_merged}-${hash.slice(0, 16)}`;
}

/** For people who look: the last part of a path, an address or an id, in characters that every disk takes. */
function readableName(model: string): string {
  const last = model.split(/[/\\]/).findLast((part) => part !== "") ?? "model";
  return last.replace(/[^\w.-]/g, "-").slice(0, 80);
}
