/** A pair of small whole numbers, `(columns, rows)` here. */
export type Pair = readonly [number, number];

/**
 * The order in which CPython (3.8 and later, 64 bits) iterates `set(pairs)` for pairs added one after another.
 *
 * OpenGVLab's code sorts such a set by area, and Python's sort is stable, so this order decides which of two grids of
 * the same area is tried first. It depends on the hashes of tuples of ints, which are the same in every process, and on
 * how the table grows. Sources: CPython's Objects/setobject.c (`set_add_entry`, `set_insert_clean`,
 * `set_table_resize`) and Objects/tupleobject.c (`tuplehash`).
 *
 * @param pairs different pairs of numbers from 0 to below 2^61 - 1, in the order of their first insertion
 */
export function pythonSetOrder(pairs: Iterable<Pair>): Pair[] {
  let table: (Entry | undefined)[] = new Array(MIN_SIZE).fill(undefined);
  let used = 0;
  for (const pair of pairs) {
    insert(table, { pair, hash: tupleHash(pair) });
    used++;
    // The table is three fifths full: it grows to the first power of two above four times its contents.
    if (used * 5 >= (table.length - 1) * 3) table = grown(table, used > 50_000 ? used * 2 : used * 4);
  }
  return table.flatMap((entry) => (entry === undefined ? [] : [entry.pair]));
}

interface Entry {
  pair: Pair;
  hash: bigint;
}

const MIN_SIZE = 8;
const LINEAR_PROBES = 9;
const PERTURB_SHIFT = 5n;

/** Puts an entry that is not in the table into the first free slot of its probe sequence. */
function insert(table: (Entry | undefined)[], entry: Entry): void {
  const mask = table.length - 1;
  const wideMask = BigInt(mask);
  let perturb = entry.hash;
  let slot = Number(entry.hash & wideMask);
  for (;;) {
    // A short walk along neighbours, if it does not run over the end, before the next jump.
    const probes = slot + LINEAR_PROBES <= mask ? LINEAR_PROBES : 0;
    for (let probe = 0; probe <= probes; probe++) {
      if (table[slot + probe] === undefined) {
        table[slot + probe] = entry;
        return;
      }
    }
    perturb >>= PERTURB_SHIFT;
    slot = Number((BigInt(slot) * 5n + 1n + perturb) & wideMask);
  }
}

function grown(table: (Entry | undefined)[], minimum: number): (Entry | undefined)[] {
  let size = MIN_SIZE;
  while (size <= minimum) size *= 2;
  const larger: (Entry | undefined)[] = new Array(size).fill(undefined);
  for (const entry of table) if (entry !== undefined) insert(larger, entry);
  return larger;
}

const PRIME_1 = 11400714785074694791n;
const PRIME_2 = 14029467366897019727n;
const PRIME_5 = 2870177450012600261n;

/** `hash((a, b))`, as an unsigned number: a simplified xxHash over the hashes of the items (an int is its own hash). */
function tupleHash(pair: Pair): bigint {
  let hash = PRIME_5;
  for (const item of pair) {
    hash = BigInt.asUintN(64, hash + BigInt(item) * PRIME_2);
    hash = BigInt.asUintN(64, ((hash << 31n) | (hash >> 33n)) * PRIME_1);
  }
  return BigInt.asUintN(64, hash + (2n ^ PRIME_5 ^ 3527539n));
}
