/** Rows that are read as one range: those from `first` to before `end`, of which `ids` are wanted. */
export interface Stretch {
  first: number;
  end: number;
  ids: number[];
}

/** So many bytes more take less time than a range more does, in Chromium (`npm run bench -- embeddings`). */
const GAP_BYTES = 65_536;

/** What one read brings at most, so that the prompts of a whole context do not bring the whole table. */
const READ_BYTES = 4 * 1024 * 1024;

/**
 * In which ranges rows of a table are read: of each read those that go together.
 *
 * @param ids ascending, each once
 */
export function planReads(ids: readonly number[], rowBytes: number): Stretch[][] {
  const reads: Stretch[][] = [];
  let stretches: Stretch[] = [];
  let bytes = 0;
  for (const id of ids) {
    const last = stretches.at(-1);
    const skipped = last === undefined ? Number.POSITIVE_INFINITY : (id - last.end) * rowBytes;
    const more = rowBytes + (skipped <= GAP_BYTES ? skipped : 0);
    if (last === undefined || bytes + more > READ_BYTES) {
      stretches = [{ first: id, end: id + 1, ids: [id] }];
      reads.push(stretches);
      bytes = rowBytes;
      continue;
    }
    bytes += more;
    if (skipped > GAP_BYTES) {
      stretches.push({ first: id, end: id + 1, ids: [id] });
    } else {
      last.end = id + 1;
      last.ids.push(id);
    }
  }
  return reads;
}
