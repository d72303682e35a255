import type { VideoBackend, YuvFrame } from "@internvl/core";
import type { EncodedPacket } from "mediabunny";

/** A track as decoders need it. */
export interface TrackInfo {
  /** How messages name the video. */
  name: string;
  codec: "avc" | "hevc" | "vp8" | "vp9" | "av1" | "prores";
  config: VideoDecoderConfig;
  /** Whether some packets hold frames that are not shown (VP8's, in packets of their own). */
  has_hidden: boolean;
}

/** Packets in decoding order that begin with a key packet, and which of the frames in them are wanted. */
export interface Stretch {
  /** Each with the place of its frame among those that are shown, in presentation order; a hidden one with the next's. */
  packets(): AsyncIterable<{ packet: EncodedPacket; place: number }>;
  /** Places, ascending. */
  wanted: readonly number[];
  /** How many frames are shown in all: places end before it. */
  total: number;
}

/** Turns packets into planes: what a runtime brings. */
export interface FrameDecoder {
  readonly name: VideoBackend;
  /**
   * The wanted frames, in order. Fewer come where packets are damaged; who asks counts them.
   *
   * @throws InternVLError `VIDEO_INVALID`, `RUNTIME_FAILED`, `ABORTED`
   */
  decode(stretch: Stretch, signal: AbortSignal | undefined): AsyncIterable<YuvFrame>;
}
