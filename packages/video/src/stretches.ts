import type { PacketIndex } from "./packet-index.js";

/** Packets that are decoded together, from a key packet on. */
export interface StretchPlan {
  /** Numbers of packets in decoding order, both included. */
  first: number;
  last: number;
  /** Frames that are wanted of them, ascending. */
  frames: number[];
}

/**
 * What has to be decoded for these frames, in ascending order: for each the packets from its key packet on. Stretches that
 * touch are one, so that no packet is decoded twice.
 */
export function planStretches(index: PacketIndex, frames: readonly number[]): StretchPlan[] {
  const plans: StretchPlan[] = [];
  for (const frame of frames) {
    const last = index.frames[frame]!;
    const first = keyPacket(index, last);
    const open = plans.at(-1);
    if (open !== undefined && first <= open.last + 1 && first >= open.first) {
      open.last = Math.max(open.last, last);
      open.frames.push(frame);
    } else plans.push({ first, last, frames: [frame] });
  }
  return plans;
}

/** A frame that is shown before the key frame that it follows refers to frames in front of it as well ("open GOP"). */
function keyPacket({ keys, times }: PacketIndex, packet: number): number {
  const key = keys[packet]!;
  return times[packet]! < times[key]! && key > 0 ? keys[key - 1]! : key;
}
