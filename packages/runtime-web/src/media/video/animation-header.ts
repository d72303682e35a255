import { gifPaletteBytes } from "@internvl/core";
import { damagedAnimation } from "@internvl/video";

const GIF_LOGICAL_SCREEN_END = 13;
const GIF_EXTENSION = 0x21;
const GIF_GRAPHIC_CONTROL = 0xf9;
const GIF_IMAGE = 0x2c;
const GIF_TRAILER = 0x3b;

/** Where a WebP's first chunk begins. */
const RIFF_END = 12;

/**
 * How long each frame of an animation is shown, in milliseconds (0 where nothing is said), without decoding any.
 *
 * @throws InternVLError `VIDEO_INVALID` for a file that is cut off
 */
export function frameTimes(bytes: Uint8Array, format: "gif" | "webp", name: string): number[] {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return format === "gif" ? gifTimes(view) : webpTimes(view);
  } catch (cause) {
    // A DataView refuses to read past its end.
    throw damagedAnimation(name, cause);
  }
}

/** GIF89a, sections 18 to 27. */
function gifTimes(view: DataView): number[] {
  const times: number[] = [];
  let time = 0;
  let at = GIF_LOGICAL_SCREEN_END + gifPaletteBytes(view.getUint8(10));
  for (let block = view.getUint8(at); block !== GIF_TRAILER; block = view.getUint8(at)) {
    if (block === GIF_EXTENSION) {
      // Hundredths of a second.
      if (view.getUint8(at + 1) === GIF_GRAPHIC_CONTROL) time = view.getUint16(at + 4, true) * 10;
      at = behindSubBlocks(view, at + 2);
    } else if (block === GIF_IMAGE) {
      times.push(time);
      time = 0;
      // Behind the descriptor and its palette stands the size of a code, then the data.
      at = behindSubBlocks(view, at + 10 + gifPaletteBytes(view.getUint8(at + 9)) + 1);
    } else throw new Error(`there is no block of the kind ${block}`);
  }
  if (times.length === 0) throw new Error("it has no frame");
  return times;
}

function behindSubBlocks(view: DataView, start: number): number {
  let at = start;
  for (let length = view.getUint8(at); length > 0; length = view.getUint8(at)) at += length + 1;
  return at + 1;
}

/** The chunks `ANMF` of a WebP (RFC 9649, section 2.7.1.1); one without any is a picture. */
function webpTimes(view: DataView): number[] {
  const times: number[] = [];
  const end = 8 + view.getUint32(4, true);
  for (let at = RIFF_END; at < end; ) {
    const size = view.getUint32(at + 4, true);
    const kind = [0, 1, 2, 3].map((offset) => String.fromCharCode(view.getUint8(at + offset))).join("");
    if (kind === "ANMF") times.push(view.getUint16(at + 20, true) | (view.getUint8(at + 22) << 16));
    // Chunks of odd size are padded.
    at += 8 + size + (size % 2);
  }
  if (end > view.byteLength) throw new RangeError(`it ends at byte ${view.byteLength} of ${end}`);
  return times.length > 0 ? times : [0];
}
