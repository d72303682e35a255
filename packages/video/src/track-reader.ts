import {
  type ColourSpace,
  InternVLError,
  type RawImage,
  throwIfAborted,
  turn,
  type VideoMetadata,
  type VideoReader,
  yuvToRgb,
} from "@internvl/core";
import type { EncodedPacket, EncodedPacketSink } from "mediabunny";
import type { FrameDecoder, Stretch } from "./decoder.js";
import { assertFrames } from "./frame-list.js";
import type { PacketIndex } from "./packet-index.js";
import { planStretches, type StretchPlan } from "./stretches.js";

/** Degrees, clockwise. */
type Rotation = 0 | 90 | 180 | 270;

/** The EXIF orientation that is the same turn. */
const ORIENTATIONS: Readonly<Record<Rotation, number>> = { 0: 1, 90: 6, 180: 3, 270: 8 };

export interface Track {
  name: string;
  metadata: VideoMetadata;
  sink: EncodedPacketSink;
  index: PacketIndex;
  colours: ColourSpace;
  rotation: Rotation;
  decoder: FrameDecoder;
  close(): void;
}

/** Reads frames of a track: seeks to the key frame before what is wanted and decodes from there. */
export function trackReader(track: Track): VideoReader {
  const { metadata } = track;
  return {
    metadata,
    async frame(index, options) {
      for await (const frame of this.frames([index], options)) return frame;
      throw missing(track, index);
    },
    async *frames(indices, { signal } = {}) {
      assertFrames(indices, metadata);
      for (const ascending of splitAscending(indices)) yield* readAscending(track, ascending, signal);
    },
    async close() {
      track.close();
    },
  };
}

/** Cuts a list where it goes back. */
function splitAscending(indices: readonly number[]): number[][] {
  const parts: number[][] = [];
  for (const [at, index] of indices.entries()) {
    if (at === 0 || index < indices[at - 1]!) parts.push([]);
    parts.at(-1)!.push(index);
  }
  return parts;
}

async function* readAscending(
  track: Track,
  indices: readonly number[],
  signal: AbortSignal | undefined,
): AsyncGenerator<RawImage> {
  const once = indices.filter((index, at) => index !== indices[at - 1]);
  for (const plan of planStretches(track.index, once)) {
    throwIfAborted(signal, `Decoding ${track.name} was aborted`);
    let next = 0;
    for await (const planes of track.decoder.decode(stretchOf(track, plan), signal)) {
      const frame = turn(yuvToRgb(planes, track.colours), ORIENTATIONS[track.rotation]);
      const index = plan.frames[next++]!;
      for (const asked of indices) if (asked === index) yield frame;
    }
    if (next < plan.frames.length) throw missing(track, plan.frames[next]!);
  }
}

function stretchOf({ sink, index, name }: Track, { first, last, frames }: StretchPlan): Stretch {
  const { times, keys, hidden } = index;
  // What is shown before the first key frame refers to frames that are not decoded; nothing else refers to it.
  const isLeading = (packet: number): boolean => keys[packet] === first && times[packet]! < times[first]!;
  const packets = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  const shown = packets.filter((packet) => !isLeading(packet)).sort((a, b) => times[a]! - times[b]! || a - b);
  const places = new Uint32Array(packets.length);
  let place = 0;
  for (const packet of shown) places[packet - first] = hidden.has(packet) ? place : place++;
  return {
    wanted: frames.map((frame) => places[index.frames[frame]! - first]!),
    total: place,
    async *packets() {
      let packet = await findPacket(sink, index, first);
      for (let at = first; at <= last; at++) {
        if (packet === null || packet.timestamp !== times[at]) throw cutOff(name, times.length, at);
        if (!isLeading(at)) yield { packet, place: places[at - first]! };
        if (at < last) packet = await sink.getNextPacket(packet);
      }
    },
  };
}

function cutOff(name: string, packets: number, at: number): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `${name} is cut off, or changed while it was read`,
    expected: `${packets} frames, as its header says`,
    got: `none behind ${at}`,
    fix: "Copy or download the file again, or sample frames in front of that.",
  });
}

async function findPacket(sink: EncodedPacketSink, { times }: PacketIndex, at: number): Promise<EncodedPacket | null> {
  const found = at === 0 ? await sink.getFirstPacket() : await sink.getPacket(times[at]!);
  return found;
}

function missing({ name, decoder }: Track, index: number): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `Frame ${index} of ${name} cannot be decoded`,
    expected: `a frame from ${decoder.name}`,
    got: "none",
    fix: "Copy or download the file again, or try the other backend.",
  });
}
