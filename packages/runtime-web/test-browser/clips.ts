import { ANIMATIONS, VIDEOS } from "../../core/src/contract/video-data";
import type { ContractVideo } from "../../core/src/contract/videos";

/** A clip of the contract's, and its bytes. */
export function clip(name: string): ContractVideo & { bytes: Uint8Array<ArrayBuffer> } {
  const found = [...VIDEOS, ...ANIMATIONS].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`There is no clip ${name}`);
  return { ...found, bytes: bytesOf(found.base64) };
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
