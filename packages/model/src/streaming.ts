import type { Streamer } from "@internvl/generation";

/**
 * Runs what comes before `generateTokens`, whose own errors reach the streamer by themselves. Without this, a
 * `for await` over a `TextIteratorStreamer` would wait for ever for an answer that never began.
 */
export function reportingTo<T>(streamer: Streamer | undefined, body: () => T): T {
  try {
    return body();
  } catch (error) {
    streamer?.fail?.(error);
    throw error;
  }
}
