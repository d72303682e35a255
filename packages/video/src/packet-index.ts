import type { EncodedPacket, EncodedPacketSink } from "mediabunny";

/**
 * Where each frame of a track lies, without its bytes: 16 bytes a packet, so that two hours at 60 frames a second take
 * 7 MB.
 */
export interface PacketIndex {
  /** Timestamps of all packets in decoding order, in seconds. */
  times: Float64Array;
  /** By packet: the last key packet that is not behind it, as a number of a packet. */
  keys: Uint32Array;
  /** By frame in presentation order: its packet. */
  frames: Uint32Array;
  /** Packets whose frame no decoder puts out. */
  hidden: ReadonlySet<number>;
  /** Seconds from the first frame to the end of the last. */
  duration: number;
}

/** In the first byte of a VP8 packet: whether the frame is shown (RFC 6386, section 9.1). */
const VP8_SHOWN = 0x10;

/**
 * Reads the times of all packets. Frames that no player shows are left out: those in front of the first key frame (and
 * behind it, when they are shown before it), those that an edit list puts before the beginning, and VP8's hidden ones.
 *
 * @param beat called now and then, to be able to stop
 */
export async function readPacketIndex(
  sink: EncodedPacketSink,
  codec: string,
  beat: () => void,
): Promise<PacketIndex | null> {
  // Only VP8 keeps hidden frames in packets of their own; whether a frame is one is in its bytes.
  const needs_bytes = codec === "vp8";
  const times: number[] = [];
  const keys: number[] = [];
  const hidden = new Set<number>();
  const orphans = new Set<number>();
  let first_key = -1;
  let key = -1;
  let last: EncodedPacket | undefined;
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: !needs_bytes })) {
    const at = times.length;
    if (at % 1000 === 0) beat();
    if (packet.type === "key") key = at;
    if (first_key === -1) first_key = key;
    if (key === -1) orphans.add(at);
    if (needs_bytes && !(packet.data[0]! & VP8_SHOWN)) hidden.add(at);
    times.push(packet.timestamp);
    keys.push(Math.max(key, 0));
    if (last === undefined || packet.timestamp > last.timestamp) last = packet;
  }
  if (key === -1 || last === undefined) return null;

  const start = Math.max(0, times[first_key]!);
  const shown = times.flatMap((time, at) => (hidden.has(at) || orphans.has(at) || time < start ? [] : [at]));
  if (shown.length === 0) return null;
  const frames = Uint32Array.from(shown.sort((a, b) => times[a]! - times[b]! || a - b));
  const begin = times[frames[0]!]!;
  const end = times[frames.at(-1)!]!;
  const mean = frames.length > 1 ? (end - begin) / (frames.length - 1) : 0;
  return {
    times: Float64Array.from(times),
    keys: Uint32Array.from(keys),
    frames,
    hidden,
    duration: end - begin + (last.duration > 0 ? last.duration : mean),
  };
}
