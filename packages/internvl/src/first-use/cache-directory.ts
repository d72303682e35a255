import { homedir } from "node:os";
import { join } from "node:path";

/** Where the library keeps what it can make again: XDG_CACHE_HOME, or the system's own place. */
export function cacheDirectory(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env["XDG_CACHE_HOME"]) return join(env["XDG_CACHE_HOME"], "internvl");
  if (platform === "darwin") return join(home, "Library", "Caches", "internvl");
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "internvl", "Cache");
  return join(home, ".cache", "internvl");
}
