import { InternVLError, type JsonObject } from "@internvl/core";
import { fetchListing } from "../listing.js";
import { retrying } from "../retry.js";
import { ask, type UploadContext } from "./api.js";
import { malformed, nameTaken, uploadRefusal } from "./errors.js";

/** `OWNER/NAME`, where the owner of a name alone is whoever the token belongs to. Refuses a token that is not valid. */
export async function fullId(repo: string, context: UploadContext): Promise<string> {
  const { name } = await ask(context, { path: "api/whoami-v2" });
  if (repo.includes("/")) return repo;
  if (typeof name === "string" && /^[\w.-]+$/.test(name)) return `${name}/${repo}`;
  throw malformed("the token's owner", "a name", name);
}

/**
 * Makes the repository, unless it is there. A token that may write to it but make none is enough when it is.
 *
 * @throws InternVLError `UPLOAD_REFUSED` when it is there and `existOk` is false, `HUB_DENIED`
 */
export async function createRepository(
  context: UploadContext,
  options: { private?: boolean; existOk: boolean },
): Promise<void> {
  const { id, settings } = context;
  const [organization, name] = id.split("/") as [string, string];
  const payload: JsonObject = { name, organization, type: "model" };
  if (options.private !== undefined) payload["private"] = options.private;
  let status = 0;
  try {
    await ask(context, {
      path: "api/repos/create",
      body: JSON.stringify(payload),
      refused: (refusal) => {
        status = refusal.status;
        return status === 409 ? nameTaken(id, settings.endpoint) : uploadRefusal(refusal);
      },
    });
  } catch (error) {
    if (!InternVLError.isInstance(error) || !options.existOk) throw error;
    const isThere = status === 409 || ([401, 402, 403].includes(status) && (await exists(context)));
    if (!isThere) throw error;
  }
}

async function exists({ http, id, settings, signal }: UploadContext): Promise<boolean> {
  try {
    await retrying({ ...settings, signal }, () => fetchListing(http, id, "main", { signal }));
    return true;
  } catch (error) {
    // Its message is about reading; that of the creation is the one to show.
    if (InternVLError.isInstance(error) && ["FILE_NOT_FOUND", "HUB_DENIED"].includes(error.code)) return false;
    throw error;
  }
}
