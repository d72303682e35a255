import { InternVLError, type YuvFrame } from "@internvl/core";

type Format = Pick<YuvFrame, "subsampling" | "depth"> & { grey: boolean };

const NEWLINE = 10;

/** Frames that ffmpeg writes as YUV4MPEG2, one after the other. The stream says their size and their samples itself. */
export async function* readY4m(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<YuvFrame> {
  const reader = new ByteReader(chunks);
  const header = await reader.line();
  if (header === null) return;
  const fields = new Map(header.split(" ").map((field) => [field[0], field.slice(1)]));
  const width = Number(fields.get("W"));
  const height = Number(fields.get("H"));
  const format = readFormat(fields.get("C") ?? "420");
  const [across, down] = format.subsampling;
  const chroma = Math.ceil(width / across) * Math.ceil(height / down);
  const samples = (count: number): Promise<Uint8Array | Uint16Array> => reader.samples(count, format.depth > 8);
  while ((await reader.line()) !== null) {
    const luma = await samples(width * height);
    const planes: YuvFrame["planes"] = format.grey ? [luma] : [luma, await samples(chroma), await samples(chroma)];
    yield { width, height, planes, subsampling: format.subsampling, depth: format.depth };
  }
}

/** The `C` field: `420jpeg`, `420p10`, `422`, `444p12`, `mono`, … @throws InternVLError `UNSUPPORTED` */
function readFormat(tag: string): Format {
  const [, kind, bits] = /^(420|422|444|mono)(?:jpeg|mpeg2|paldv)?(?:p?(\d+))?$/.exec(tag) ?? [];
  const depth = Number(bits ?? 8);
  if (kind === undefined || (depth !== 8 && depth !== 10 && depth !== 12)) {
    throw new InternVLError("UNSUPPORTED", {
      what: "The samples of the video are of a kind that is not known here",
      expected: "4:2:0, 4:2:2, 4:4:4 or grey, of 8, 10 or 12 bits",
      got: tag,
    });
  }
  return { depth, grey: kind === "mono", subsampling: kind === "420" ? [2, 2] : kind === "422" ? [2, 1] : [1, 1] };
}

/** Takes bytes from a stream of chunks, as many as are asked for. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** A line without its end; null where the stream has ended. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      if (end !== -1) return new TextDecoder("latin1").decode(this.#take(end + 1).subarray(0, end));
      const more = await this.#chunks.next();
      if (more.done) return null;
      this.#rest = Buffer.concat([this.#rest, more.value]);
    }
  }

  /** @throws InternVLError `VIDEO_INVALID` when the stream ends before */
  async samples(count: number, wide: boolean): Promise<Uint8Array | Uint16Array> {
    const bytes = new Uint8Array(wide ? count * 2 : count);
    let length = 0;
    while (length < bytes.length) {
      if (this.#rest.length === 0) {
        const more = await this.#chunks.next();
        if (more.done) throw new InternVLError("VIDEO_INVALID", { what: "ffmpeg stopped in the middle of a frame" });
        this.#rest = more.value;
      }
      const part = this.#take(Math.min(this.#rest.length, bytes.length - length));
      bytes.set(part, length);
      length += part.length;
    }
    if (!wide) return bytes;
    // ffmpeg writes little-endian; so is every machine that Node runs on but s390x.
    const view = new DataView(bytes.buffer);
    return Uint16Array.from({ length: count }, (_, index) => view.getUint16(index * 2, true));
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
