import type { Answer, LinePeer } from "./line-peer.js";

/** How to start a peer, which may turn out not to be there. */
export interface PeerStart {
  /** Begins the names of its rows. */
  name: string;
  /** @throws Error that says why it cannot be had */
  open(): LinePeer | Promise<LinePeer>;
  /** Its first request: loads what is to be measured. The answer may have its `version`. */
  request: object;
}

/** The peers that are there, and why the others are not. */
export interface PeerSet {
  peers: readonly LinePeer[];
  absent: Record<string, string>;
  /** name -> version, of those that say it */
  versions: Record<string, string>;
}

/** Starts peers, runs `action` with those that answered their first request, and lets them end. */
export async function withPeers<Result>(
  starts: readonly PeerStart[],
  action: (set: PeerSet) => Promise<Result>,
): Promise<Result> {
  const peers: LinePeer[] = [];
  const absent: Record<string, string> = {};
  const versions: Record<string, string> = {};
  try {
    for (const { name, open, request } of starts) {
      let peer: LinePeer | undefined;
      try {
        peer = await open();
        const version = versionOf(await peer.ask(request));
        peers.push(peer);
        if (version !== undefined) versions[name] = version;
      } catch (error) {
        absent[name] = (error as Error).message;
        await peer?.close();
      }
    }
    return await action({ peers, absent, versions });
  } finally {
    for (const peer of peers) await peer.close();
  }
}

function versionOf({ version }: Answer): string | undefined {
  return version === undefined ? undefined : String(version);
}
