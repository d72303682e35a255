import { InternVLError } from "@internvl/core";
import { isErrno } from "./system-error.js";

/** `FILE_WRITE_FAILED` for `target`, with what the reader can do about this kind of failure. */
export function writeFailed(target: string, cause: unknown): InternVLError {
  return new InternVLError("FILE_WRITE_FAILED", {
    what: `${target} could not be written: ${(cause as Error).message}`,
    fix: remedy(cause),
    cause,
  });
}

function remedy(cause: unknown): string {
  if (isErrno(cause, "ENOSPC", "EDQUOT")) return "Free space on the disk, or choose a folder on another one.";
  if (isErrno(cause, "EACCES", "EPERM", "EROFS")) return "Choose a folder that you may write to.";
  if (isErrno(cause, "ENOTDIR", "EEXIST", "EISDIR"))
    return "A file stands where a folder is needed or the reverse: move it away.";
  if (isErrno(cause, "EXDEV")) return "A file has a second name on its own disk only: choose a folder there.";
  if (isErrno(cause, "EFBIG")) return "The file system does not take files of this size: choose another one.";
  return "Check the folder and the disk, then try again.";
}
