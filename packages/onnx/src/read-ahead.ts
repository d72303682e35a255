import type { ExternalReadOptions, ExternalTensor } from "./initializers.js";

/** What waits at most: enough to keep a disk busy across small tensors, little beside a large one. */
const WAITING_BYTES = 8 * 1024 * 1024;

export interface NamedTensor {
  name: string;
  data: ExternalTensor;
}

type Pieces = AsyncIterator<Uint8Array, unknown, undefined>;

interface Begun {
  pieces: Pieces;
  first: Promise<IteratorResult<Uint8Array, unknown>>;
  bytes: number;
}

/** Asks for the first pieces of the tensors to come while the one in turn is written. */
export class ReadAhead {
  readonly #pending: readonly NamedTensor[];
  readonly #options: ExternalReadOptions;
  readonly #begun = new Map<number, Begun>();
  #next = 0;
  #waiting = 0;

  constructor(pending: readonly NamedTensor[], options: ExternalReadOptions) {
    this.#pending = pending;
    this.#options = options;
  }

  /** The pieces of the tensor at `index`; those behind it begin. Called in order. */
  take(index: number, options: ExternalReadOptions): AsyncIterable<Uint8Array> {
    const begun = this.#begun.get(index);
    this.#begun.delete(index);
    this.#waiting -= begun?.bytes ?? 0;
    this.#next = Math.max(this.#next, index + 1);
    const pieces = begun === undefined ? this.#pending[index]!.data.bytes(options) : resume(begun);
    this.#fill();
    return pieces;
  }

  /** Lets go of what has begun and will not be asked for. */
  async end(): Promise<void> {
    const begun = [...this.#begun.values()];
    this.#begun.clear();
    await Promise.all(begun.map(({ pieces }) => pieces.return?.().catch(() => undefined)));
  }

  #fill(): void {
    for (; this.#next < this.#pending.length; this.#next++) {
      const { data } = this.#pending[this.#next]!;
      const bytes = data.waitingBytes;
      if (bytes === undefined) continue;
      if (this.#waiting + bytes > WAITING_BYTES) return;
      const pieces = data.bytes(this.#options)[Symbol.asyncIterator]();
      const first = pieces.next();
      // Whoever takes it awaits it; when it fails before, that is no unhandled rejection.
      first.catch(() => undefined);
      this.#begun.set(this.#next, { pieces, first, bytes });
      this.#waiting += bytes;
    }
  }
}

async function* resume({ pieces, first }: Begun): AsyncGenerator<Uint8Array> {
  try {
    for (let step = await first; !step.done; step = await pieces.next()) yield step.value;
  } finally {
    await pieces.return?.();
  }
}
