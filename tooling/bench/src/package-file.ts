import { fileURLToPath } from "node:url";

// The same from src/ and from dist/.
const PACKAGE = new URL("../", import.meta.url);

/** A file of this package, as `python/torch_peer.py`. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, PACKAGE));
}
