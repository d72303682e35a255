import { resolvePath, wordsOf } from "./words.js";

/** What a line of a chat means. */
export type ChatInput =
  | { kind: "nothing" }
  | { kind: "help" | "clear" | "quit" }
  | { kind: "unknown"; command: string }
  /** A path that is written as one, but there is no such file. */
  | { kind: "missing"; path: string }
  /** A question, pictures, or both. */
  | { kind: "message"; text: string; pictures: string[] };

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif)$/i;
const COMMANDS: Readonly<Record<string, "help" | "clear" | "quit">> = {
  "/help": "help",
  "/clear": "clear",
  "/quit": "quit",
  "/exit": "quit",
};

/**
 * Takes a line apart: commands, pictures that are named in it, and the text that is left.
 *
 * @param isFile whether there is a file with this path
 */
export function parseLine(line: string, isFile: (path: string) => boolean): ChatInput {
  const trimmed = line.trim();
  if (trimmed === "") return { kind: "nothing" };
  if (trimmed === "/image" || trimmed.startsWith("/image "))
    return pictureCommand(trimmed.slice("/image".length).trim());
  const command = COMMANDS[trimmed.toLowerCase()];
  if (command !== undefined) return { kind: command };

  // Some terminals drop a path with spaces as it is.
  const whole = resolvePath(trimmed);
  if (PICTURE.test(whole) && isFile(whole)) return { kind: "message", text: "", pictures: [whole] };
  if (/^\/[a-z]+$/i.test(trimmed)) return { kind: "unknown", command: trimmed };
  return picturesWithin(trimmed, isFile);
}

/** `/image` takes what `describe` takes: any path, and URLs. */
function pictureCommand(rest: string): ChatInput {
  if (rest === "") return { kind: "help" };
  return { kind: "message", text: "", pictures: wordsOf(rest).map(({ path }) => path) };
}

function picturesWithin(line: string, isFile: (path: string) => boolean): ChatInput {
  const pictures: string[] = [];
  let text = "";
  let done = 0;
  for (const { start, end, path } of wordsOf(line)) {
    // "What is in cat.jpg?"
    const name = isFile(path) ? path : path.replace(/[?!.,;:]+$/, "");
    if (!PICTURE.test(name)) continue;
    if (isFile(name)) {
      pictures.push(name);
      text += line.slice(done, start);
      done = end;
    } else if (/^([a-z]:)?[/\\]|^\.{1,2}[/\\]|^file:/i.test(name)) {
      return { kind: "missing", path: name };
    }
  }
  text += line.slice(done);
  return { kind: "message", text: text.replace(/\s+/g, " ").trim(), pictures };
}
