import { homedir } from "node:os";
import { fileURLToPath } from "node:url";

/** A word of a line, as it stands there and as the path that it may be. */
export interface Word {
  /** Where it stands in the line. */
  start: number;
  end: number;
  /** Without quotes and backslashes; a `file:` URL and `~` are resolved. */
  path: string;
}

/** 'in quotes', "in quotes", or up to a space that has no backslash before it. */
const WORD = /'([^']*)'(?=\s|$)|"((?:\\.|[^"\\])*)"(?=\s|$)|((?:\\.|[^\s\\])+)/g;
/** On Windows a backslash is part of a path. */
const WINDOWS_WORD = /'([^']*)'(?=\s|$)|"([^"]*)"(?=\s|$)|(\S+)/g;

/**
 * The words of a line. Terminals drop a file as its path in quotes, with backslashes before spaces, or as a `file:` URL.
 */
export function wordsOf(line: string, platform: NodeJS.Platform = process.platform): Word[] {
  const windows = platform === "win32";
  return [...line.matchAll(windows ? WINDOWS_WORD : WORD)].map((match) => {
    const [text, single, double, bare] = match;
    const unescaped = windows ? bare : bare?.replace(/\\(.)/g, "$1");
    const quoted = windows ? double : double?.replace(/\\(["\\$`])/g, "$1");
    const path = single ?? quoted ?? unescaped ?? "";
    return { start: match.index, end: match.index + text.length, path: resolvePath(path) };
  });
}

/** `~` and `file:` URLs as plain paths. */
export function resolvePath(path: string): string {
  if (/^~[/\\]/.test(path)) return homedir() + path.slice(1);
  if (!path.startsWith("file://")) return path;
  try {
    return fileURLToPath(path);
  } catch {
    // Not one of this machine; the caller says that there is no such file.
    return path;
  }
}
