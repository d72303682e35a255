import { type ImageSource, InternVLError } from "@internvl/core";
import type { VideoInput } from "../processor/video-list.js";

export interface TextBlock {
  type: "text";
  text: string;
}

/** A picture: decoded or encoded (`image`), by URL, by path, or as base64. Without any, it takes the next of `images`. */
export interface ImageBlock {
  type: "image";
  image?: ImageSource;
  url?: string;
  path?: string;
  /** The bytes of a picture file, with or without a `data:` header. */
  base64?: string;
}

/** OpenAI's spelling of an image block. */
export interface ImageUrlBlock {
  type: "image_url";
  image_url: string | { url: string };
}

/** A video: its frames or file (`video`), by URL, or by path. Without any, it takes the next of `videos`. */
export interface VideoBlock {
  type: "video";
  video?: VideoInput;
  url?: string;
  path?: string;
}

/** Blocks of other types go to the template as they are. */
export interface OtherBlock {
  type: string;
  [key: string]: unknown;
}

export type ContentBlock = TextBlock | ImageBlock | ImageUrlBlock | VideoBlock | OtherBlock;

export interface Message {
  role: string;
  content: string | readonly ContentBlock[];
  /** A template may know more: `tool_calls`, `name`, … */
  [key: string]: unknown;
}

export type Conversation = readonly Message[];

/** Checks a conversation's shape and rewrites OpenAI's `image_url` blocks. The caller's objects are not changed. */
export function normalizeConversation(conversation: Conversation): Message[] {
  return conversation.map((message, index) => {
    const content: unknown = message?.content;
    if (
      typeof message?.role !== "string" ||
      !(isAbsent(content) || typeof content === "string" || Array.isArray(content))
    ) {
      throw new InternVLError("INPUT_INVALID", {
        what: `Message ${index} of the conversation is not a message`,
        expected: "{ role, content } with a string or a list of blocks as content",
        got: describe(message),
      });
    }
    if (!Array.isArray(content)) return message;
    return { ...message, content: content.map((block, place) => normalizeBlock(block, `${index}, block ${place}`)) };
  });
}

/** The pictures of a conversation in order; null for an image block that names none. */
export function imagesOf(conversation: readonly Message[]): (ImageSource | null)[] {
  return blocksOf(conversation)
    .filter((block): block is ImageBlock => block.type === "image")
    .map(({ image, url, path, base64 }) => {
      if (base64 !== undefined) return base64.startsWith("data:") ? base64 : `data:;base64,${base64}`;
      return image ?? url ?? path ?? null;
    });
}

/** The videos of a conversation in order; null for a video block that names none. */
export function videosOf(conversation: readonly Message[]): (VideoInput | null)[] {
  return blocksOf(conversation)
    .filter((block): block is VideoBlock => block.type === "video")
    .map(({ video, url, path }) => video ?? url ?? path ?? null);
}

function blocksOf(conversation: readonly Message[]): ContentBlock[] {
  return conversation.flatMap(({ content }) => (typeof content === "string" || isAbsent(content) ? [] : content));
}

function normalizeBlock(block: unknown, place: string): ContentBlock {
  const { type, image_url, text } = (block ?? {}) as Record<string, unknown>;
  if (typeof type !== "string" || (type === "text" && typeof text !== "string")) {
    throw new InternVLError("INPUT_INVALID", {
      what: `A content block is not one (message ${place})`,
      expected: "{ type } with its value: { type: 'text', text } or { type: 'image', image }",
      got: describe(block),
    });
  }
  if (type !== "image_url") return block as ContentBlock;
  const url = typeof image_url === "string" ? image_url : (image_url as { url?: unknown } | undefined)?.url;
  if (typeof url === "string") return { type: "image", url };
  throw new InternVLError("INPUT_INVALID", {
    what: `An image_url block has no URL (message ${place})`,
    expected: "{ type: 'image_url', image_url: { url } }",
    got: describe(block),
  });
}

// Assistant messages that only call tools have a content of null.
function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return `an object with the keys ${Object.keys(value).join(", ") || "(none)"}`;
}
