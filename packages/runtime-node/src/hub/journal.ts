import { appendFile, readFile, writeFile } from "node:fs/promises";

/** Bytes from `start` to before `end`. */
export interface Span {
  start: number;
  end: number;
}

/**
 * Which bytes of a file have been written, kept beside it so that a new process can go on: a line with the size, then a
 * line for each span. Lines are appended after their bytes, so that a kill at any moment leaves it truthful; a last line
 * without its end is not believed. After a power failure it may lie: that is what the checksum is for.
 */
export class Journal {
  readonly size: number;
  readonly #path: string;
  #spans: Span[];

  private constructor(path: string, size: number, spans: Span[]) {
    this.#path = path;
    this.size = size;
    this.#spans = merge(spans);
  }

  /** The journal at `path`, begun anew when there is none, or one for another size. */
  static async open(path: string, size: number): Promise<Journal> {
    const content = await readFile(path, "utf8").catch(() => "");
    const [header, ...lines] = content.split("\n").slice(0, -1);
    if (header !== `size ${size}`) {
      const journal = new Journal(path, size, []);
      await journal.clear();
      return journal;
    }
    // What a kill cut off stays in the file; an empty line keeps the next one apart from it.
    if (!content.endsWith("\n")) await appendFile(path, "\n");
    return new Journal(
      path,
      size,
      lines.flatMap((line) => parseSpan(line, size)),
    );
  }

  /** Bytes that a journal at `path` says are there; 0 without one. */
  static async covered(path: string): Promise<number> {
    const content = await readFile(path, "utf8").catch(() => "");
    const [header = "", ...lines] = content.split("\n").slice(0, -1);
    const size = Number(/^size (\d+)$/.exec(header)?.[1] ?? 0);
    return lengthOf(merge(lines.flatMap((line) => parseSpan(line, size))));
  }

  get covered(): number {
    return lengthOf(this.#spans);
  }

  /** What is still to be fetched, in order. */
  missing(): Span[] {
    const gaps: Span[] = [];
    let position = 0;
    for (const { start, end } of [...this.#spans, { start: this.size, end: this.size }]) {
      if (start > position) gaps.push({ start: position, end: start });
      position = end;
    }
    return gaps;
  }

  /** Notes bytes that have been written. */
  async add(span: Span): Promise<void> {
    if (span.end <= span.start) return;
    await appendFile(this.#path, `${span.start} ${span.end}\n`);
    this.#spans = merge([...this.#spans, span]);
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    await writeFile(this.#path, `size ${this.size}\n`);
    this.#spans = [];
  }
}

function parseSpan(line: string, size: number): Span[] {
  const [, start, end] = /^(\d+) (\d+)$/.exec(line) ?? [];
  const span = { start: Number(start), end: Number(end) };
  return span.start < span.end && span.end <= size ? [span] : [];
}

function merge(spans: Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}
