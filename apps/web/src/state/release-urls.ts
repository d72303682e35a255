import type { Store } from "./store.js";
import type { Action, State } from "./types.js";

/** Gives the memory of pictures back that no conversation has any more. */
export function releaseUrls(store: Store<State, Action>): void {
  let { media } = store.get();
  store.subscribe(() => {
    const now = store.get().media;
    if (now === media) return;
    for (const [id, { url }] of Object.entries(media)) if (!Object.hasOwn(now, id)) URL.revokeObjectURL(url);
    media = now;
  });
}
