import { findFile, listFiles, remove } from "../files/opfs.js";

/** The bytes of a file from `start` to before `end`, stored as one. */
export interface Part {
  start: number;
  end: number;
}

/** The name of the file that says that all parts are there and were checked. */
const COMPLETE = "complete";

/** The names of the others, `START-END`. */
const PART = /^\d+-\d+$/;

/**
 * A file in the making or made, as a folder of parts. Browsers make a written file permanent when it is closed and not
 * before, so a part is what survives when the page is closed. Parts stay when the file is complete: a Blob of them reads
 * like one file, and nothing has to be copied.
 */
export class StoredParts {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #size: number;

  constructor(folder: FileSystemDirectoryHandle, size: number) {
    this.#folder = folder;
    this.#size = size;
  }

  /** The whole file; undefined while it is not complete. */
  async blob(): Promise<Blob | undefined> {
    return (await findFile(this.#folder, COMPLETE)) === undefined ? undefined : this.assemble();
  }

  /** The parts that are there, together, checked or not; undefined while one is missing. */
  async assemble(): Promise<Blob | undefined> {
    const parts = [...(await this.#found())].sort(([a], [b]) => a.start - b.start);
    const blob = new Blob(parts.map(([, file]) => file));
    return blob.size === this.#size ? blob : undefined;
  }

  /**
   * What is still to be fetched, in parts of `partBytes`. Parts of another length, of an earlier setting, are removed.
   */
  async missing(partBytes: number): Promise<Part[]> {
    const found = new Set<number>();
    for (const [part] of await this.#found()) {
      if (part.end === Math.min(part.start + partBytes, this.#size) && part.start % partBytes === 0) {
        found.add(part.start);
      } else await remove(this.#folder, partName(part));
    }
    const parts: Part[] = [];
    for (let start = 0; start < this.#size; start += partBytes) {
      if (!found.has(start)) parts.push({ start, end: Math.min(start + partBytes, this.#size) });
    }
    return parts;
  }

  /** Opens a part for writing. It is there when the stream was closed, and only then. */
  async create(part: Part): Promise<FileSystemWritableFileStream> {
    const handle = await this.#folder.getFileHandle(partName(part), { create: true });
    return handle.createWritable();
  }

  async complete(): Promise<void> {
    await this.#folder.getFileHandle(COMPLETE, { create: true });
  }

  async clear(): Promise<void> {
    for (const name of await listFiles(this.#folder)) await remove(this.#folder, name);
  }

  /** A part whose writing was never finished is an empty file. */
  async #found(): Promise<[Part, File][]> {
    const names = (await listFiles(this.#folder)).filter((name) => PART.test(name));
    const parts = names.map(async (name): Promise<[Part, File][]> => {
      const [start, end] = name.split("-").map(Number) as [number, number];
      const file = await findFile(this.#folder, name);
      return file?.size === end - start ? [[{ start, end }, file]] : [];
    });
    return (await Promise.all(parts)).flat();
  }
}

function partName({ start, end }: Part): string {
  return `${start}-${end}`;
}
