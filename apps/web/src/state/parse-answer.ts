/** A box as fractions of the picture's width and height, 0 to 1. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A part of an answer: words, or words with the boxes of what they name. */
export type Segment = { kind: "text"; text: string } | { kind: "thing"; text: string; boxes: Box[]; thing: number };

/** The model's coordinates go from 0 to this. */
const SCALE = 1000;

/** What is said of a box that nothing names. */
const NAMELESS = "box";

const TAGS = ["<ref>", "</ref>", "<box>", "</box>"] as const;

const NUMBER = String.raw`\s*-?\d+(?:\.\d+)?\s*`;
const QUADRUPLE = new RegExp(String.raw`\[(${NUMBER}),(${NUMBER}),(${NUMBER}),(${NUMBER})\]`, "g");

/**
 * Takes an answer apart into words and things with boxes: `<ref>red circle</ref><box>[[200, 650, 500, 950]]</box>`.
 * Everything else is text, whatever it looks like. What is cut off (while it streams, or by a limit) gives what is certain:
 * a name before its boxes, each box once its bracket is closed, and no half of a tag.
 */
export function parseAnswer(answer: string): Segment[] {
  const segments: Segment[] = [];
  let rest = withoutCutTag(answer);
  let things = 0;
  while (rest !== "") {
    const start = nextOpening(rest);
    if (start < 0) {
      addText(segments, rest);
      break;
    }
    addText(segments, rest.slice(0, start));
    const { text, boxes, length } = readThing(rest.slice(start));
    if (boxes.length > 0 || text !== "")
      segments.push({ kind: "thing", text: text || NAMELESS, boxes, thing: things++ });
    rest = rest.slice(start + length);
  }
  return segments;
}

/** The words of an answer, without markup. */
export function plainText(answer: string): string {
  return parseAnswer(answer)
    .map(({ text }) => text)
    .join("")
    .trim();
}

function nextOpening(text: string): number {
  const places = [text.indexOf("<ref>"), text.indexOf("<box>")].filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** Reads `<ref>…</ref>` and the `<box>…</box>` behind it, or one of the two. */
function readThing(text: string): { text: string; boxes: Box[]; length: number } {
  let name = "";
  let length = 0;
  if (text.startsWith("<ref>")) {
    const inner = between(text, "<ref>", "</ref>");
    name = inner.content.trim();
    length = inner.length;
  }
  const gap = /^\s*(?=<box>)/.exec(text.slice(length))?.[0];
  if (gap === undefined) return { text: name, boxes: [], length };
  const inner = between(text.slice(length + gap.length), "<box>", "</box>");
  return { text: name, boxes: readBoxes(inner.content), length: length + gap.length + inner.length };
}

/** What stands between two tags; up to the next opening tag or the end where the second is missing. */
function between(text: string, opening: string, closing: string): { content: string; length: number } {
  const inside = text.slice(opening.length);
  const end = inside.indexOf(closing);
  const next = nextOpening(inside);
  if (end >= 0 && (next < 0 || end < next)) {
    return { content: inside.slice(0, end), length: opening.length + end + closing.length };
  }
  const content = next < 0 ? inside : inside.slice(0, next);
  return { content, length: opening.length + content.length };
}

function readBoxes(text: string): Box[] {
  return [...text.matchAll(QUADRUPLE)].map(([, ...numbers]) => {
    const [x1, y1, x2, y2] = numbers.map((number) => Math.min(1, Math.max(0, Number(number) / SCALE)));
    return {
      left: Math.min(x1!, x2!),
      top: Math.min(y1!, y2!),
      right: Math.max(x1!, x2!),
      bottom: Math.max(y1!, y2!),
    };
  });
}

/** Leaves out a tag that is cut off at the very end. */
function withoutCutTag(text: string): string {
  const start = text.lastIndexOf("<");
  const tail = text.slice(start);
  const isCut = start >= 0 && TAGS.some((tag) => tag.startsWith(tail) && tag !== tail);
  return isCut ? text.slice(0, start) : text;
}

function addText(segments: Segment[], text: string): void {
  // A closing tag that nothing opened.
  const clean = text.replaceAll("</ref>", "").replaceAll("</box>", "");
  if (clean !== "") segments.push({ kind: "text", text: clean });
}
