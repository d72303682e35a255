import type { FileSink, ModelFiles } from "../files.js";
import { writeFile } from "../files.js";
import { readJsonObject } from "../json.js";
import { abortedSignal, errorCode, errorOf, type TestApi } from "./api.js";

/** What the file suite needs from a platform: a fresh folder whenever it asks. */
export interface FilesFixture {
  /** A new folder that holds these files (paths with `/`). */
  makeFolder(files: Readonly<Record<string, Uint8Array>>): Promise<ModelFiles>;
  /** A new empty folder to write into, and a view of what is in it. Leave it out where nothing can be written. */
  makeSink?(): Promise<{ sink: FileSink; files: ModelFiles }>;
  /** Whether its files have `openRanges`. */
  opensRanges?: boolean;
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const FILES: Readonly<Record<string, Uint8Array>> = {
  "config.json": text('{"hidden_size": 8}'),
  "onnx/graph.onnx": Uint8Array.from({ length: 300 }, (_, i) => i % 256),
  "onnx/deep/empty": new Uint8Array(),
};

const OUTSIDE = [
  "../config.json",
  "onnx/../../config.json",
  "/etc/hosts",
  "C:/config.json",
  "onnx\\graph.onnx",
  "./config.json",
  "",
];

/** The rules of `ModelFiles` and `FileSink`. */
export function describeFilesContract(api: TestApi, fixture: FilesFixture): void {
  api.describe("contract: files", () => {
    describeReading(api, fixture);
    describeBadJson(api, fixture);
    if (fixture.opensRanges) describeRanges(api, fixture);
    const { makeSink } = fixture;
    if (makeSink !== undefined) describeWriting(api, () => makeSink.call(fixture));
  });
}

function describeReading({ it, expect }: TestApi, fixture: FilesFixture): void {
  it("lists all files by sorted relative paths", async () => {
    const files = await fixture.makeFolder(FILES);
    expect(await files.list()).toEqual(["config.json", "onnx/deep/empty", "onnx/graph.onnx"]);
  });

  it("knows which files there are", async () => {
    const files = await fixture.makeFolder(FILES);
    expect(await files.has("onnx/graph.onnx")).toBe(true);
    expect(await files.has("onnx/other.onnx")).toBe(false);
    expect(await files.has("onnx")).toBe(false);
    expect(await files.has("config.json/inside")).toBe(false);
  });

  it("knows sizes", async () => {
    const files = await fixture.makeFolder(FILES);
    expect(await files.size("onnx/graph.onnx")).toBe(300);
    expect(await files.size("onnx/deep/empty")).toBe(0);
  });

  it("reads whole files", async () => {
    const files = await fixture.makeFolder(FILES);
    for (const [path, bytes] of Object.entries(FILES)) expect([...(await files.read(path))]).toEqual([...bytes]);
  });

  it("reads ranges, up to the very end and empty ones", async () => {
    const files = await fixture.makeFolder(FILES);
    expect([...(await files.readRange("onnx/graph.onnx", 254, 259))]).toEqual([254, 255, 0, 1, 2]);
    expect([...(await files.readRange("onnx/graph.onnx", 299, 300))]).toEqual([43]);
    expect((await files.readRange("onnx/graph.onnx", 300, 300)).length).toBe(0);
  });

  it("reads a range into memory that it is given, or into its own", async () => {
    const files = await fixture.makeFolder(FILES);
    const into = new Uint8Array(5);
    const bytes = await files.readRange("onnx/graph.onnx", 254, 259, { into });
    expect([...bytes]).toEqual([254, 255, 0, 1, 2]);
    if (bytes !== into) expect([...into]).toEqual([0, 0, 0, 0, 0]);
    // Memory of another length is left alone.
    expect([...(await files.readRange("onnx/graph.onnx", 254, 256, { into: new Uint8Array(1) }))]).toEqual([254, 255]);
  });

  it("reads many ranges of a file at once", async () => {
    const files = await fixture.makeFolder(FILES);
    const starts = Array.from({ length: 50 }, (_, i) => i * 5);
    const ranges = await Promise.all(starts.map((start) => files.readRange("onnx/graph.onnx", start, start + 1)));
    expect(ranges.map(([byte]) => byte)).toEqual(starts);
  });

  it("gives bytes that are the caller's own", async () => {
    const files = await fixture.makeFolder(FILES);
    (await files.read("config.json")).fill(0);
    expect([...(await files.read("config.json"))]).toEqual([...FILES["config.json"]!]);
  });

  it("refuses ranges past the end and reversed ones", async () => {
    const files = await fixture.makeFolder(FILES);
    expect(await errorCode(files.readRange("onnx/graph.onnx", 290, 301))).toBe("FILE_INVALID");
    expect(await errorCode(files.readRange("onnx/graph.onnx", 400, 401))).toBe("FILE_INVALID");
    expect(await errorCode(files.readRange("onnx/graph.onnx", 20, 10))).toBe("FILE_INVALID");
    expect(await errorCode(files.readRange("onnx/graph.onnx", -1, 10))).toBe("FILE_INVALID");
  });

  it("names a file that is missing", async () => {
    const files = await fixture.makeFolder(FILES);
    const reads = [files.read("onnx/other"), files.readRange("onnx/other", 0, 1), files.size("onnx/other")];
    for (const error of await Promise.all(reads.map(errorOf))) {
      expect(error.code).toBe("FILE_NOT_FOUND");
      expect(error.message.includes("onnx/other")).toBe(true);
    }
  });

  it("refuses paths that lead out of the folder", async () => {
    const files = await fixture.makeFolder(FILES);
    for (const path of OUTSIDE) {
      expect(await errorCode(files.read(path))).toBe("FILE_INVALID");
      expect(await errorCode(files.readRange(path, 0, 1))).toBe("FILE_INVALID");
      expect(await errorCode(files.size(path))).toBe("FILE_INVALID");
      expect(await errorCode(files.has(path))).toBe("FILE_INVALID");
    }
  });

  it("does not read when the signal was aborted", async () => {
    const files = await fixture.makeFolder(FILES);
    const signal = abortedSignal();
    expect(await errorCode(files.read("config.json", { signal }))).toBe("ABORTED");
    expect(await errorCode(files.readRange("config.json", 0, 1, { signal }))).toBe("ABORTED");
  });
}

function describeRanges({ it, expect }: TestApi, fixture: FilesFixture): void {
  const open = async () => (await fixture.makeFolder(FILES)).openRanges!("onnx/graph.onnx");

  it("reads several ranges of an open file, in the order asked for", async () => {
    const ranges = await open();
    expect(ranges.byteLength).toBe(300);
    const asked = [
      { start: 254, end: 259 },
      { start: 0, end: 2 },
      { start: 7, end: 7 },
      { start: 1, end: 3 },
      { start: 299, end: 300 },
    ];
    expect([...(await ranges.read(asked))]).toEqual([254, 255, 0, 1, 2, 0, 1, 1, 2, 43]);
    expect([...(await ranges.read([{ start: 0, end: 3 }]))]).toEqual([0, 1, 2]);
    expect((await ranges.read([])).length).toBe(0);
  });

  it("gives ranges that are the caller's own", async () => {
    const ranges = await open();
    (await ranges.read([{ start: 0, end: 300 }])).fill(9);
    expect([...(await ranges.read([{ start: 3, end: 5 }]))]).toEqual([3, 4]);
  });

  it("refuses ranges past the end of an open file, missing files and aborted reads", async () => {
    const ranges = await open();
    const inside = { start: 0, end: 1 };
    expect(await errorCode(ranges.read([inside, { start: 290, end: 301 }]))).toBe("FILE_INVALID");
    expect(await errorCode(ranges.read([{ start: 20, end: 10 }]))).toBe("FILE_INVALID");
    expect(await errorCode(ranges.read([inside], { signal: abortedSignal() }))).toBe("ABORTED");
    const files = await fixture.makeFolder(FILES);
    expect(await errorCode(files.openRanges!("onnx/other"))).toBe("FILE_NOT_FOUND");
  });
}

function describeBadJson({ it, expect }: TestApi, fixture: FilesFixture): void {
  it("reads JSON objects and refuses what is none", async () => {
    const files = await fixture.makeFolder({
      "good.json": text('{"name": "größe"}'),
      "latin1.json": Uint8Array.of(0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d),
      "cut.json": text('{"name": '),
      "nan.json": text('{"eps": NaN}'),
      "array.json": text("[1, 2]"),
    });
    expect(await readJsonObject(files, "good.json")).toEqual({ name: "größe" });
    for (const path of ["latin1.json", "cut.json", "nan.json", "array.json"]) {
      const error = await errorOf(readJsonObject(files, path));
      expect(error.code).toBe("FILE_INVALID");
      expect(error.message.includes(path)).toBe(true);
    }
    expect(await errorCode(readJsonObject(files, "missing.json"))).toBe("FILE_NOT_FOUND");
  });
}

function describeWriting({ it, expect }: TestApi, makeSink: NonNullable<FilesFixture["makeSink"]>): void {
  it("shows a file when it is committed and not before", async () => {
    const { sink, files } = await makeSink();
    const writer = await sink.create("onnx/graph.onnx");
    await writer.write(Uint8Array.of(1, 2, 3));
    expect(await files.has("onnx/graph.onnx")).toBe(false);
    await writer.write(Uint8Array.of(4));
    await writer.commit();
    expect([...(await files.read("onnx/graph.onnx"))]).toEqual([1, 2, 3, 4]);
    expect(await files.list()).toEqual(["onnx/graph.onnx"]);
  });

  it("has written or copied what it was given when it says so", async () => {
    const { sink, files } = await makeSink();
    const writer = await sink.create("onnx/again.bin");
    const piece = new Uint8Array(3);
    for (const value of [1, 2]) {
      await writer.write(piece.fill(value));
      piece.fill(9);
    }
    await writer.commit();
    expect([...(await files.read("onnx/again.bin"))]).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it("leaves nothing after an abort, which may come twice", async () => {
    const { sink, files } = await makeSink();
    const writer = await sink.create("half");
    await writer.write(new Uint8Array(1000));
    await writer.abort();
    await writer.abort();
    expect(await files.list()).toEqual([]);
  });

  it("keeps a committed file when it is aborted afterwards", async () => {
    const { sink, files } = await makeSink();
    const writer = await sink.create("kept");
    await writer.write(Uint8Array.of(9));
    await writer.commit();
    await writer.abort();
    expect([...(await files.read("kept"))]).toEqual([9]);
  });

  it("replaces a file at the commit and keeps the old one on an abort", async () => {
    const { sink, files } = await makeSink();
    await writeFile(sink, "name.txt", "old");
    const dropped = await sink.create("name.txt");
    await dropped.write(text("dropped"));
    await dropped.abort();
    expect(new TextDecoder().decode(await files.read("name.txt"))).toBe("old");
    await writeFile(sink, "name.txt", "new");
    expect(new TextDecoder().decode(await files.read("name.txt"))).toBe("new");
  });

  it("refuses to write after the end", async () => {
    const { sink } = await makeSink();
    const writer = await sink.create("done");
    await writer.commit();
    expect(await errorCode(writer.write(Uint8Array.of(1)))).toBe("FILE_WRITE_FAILED");
  });

  it("refuses to write outside of its folder", async () => {
    const { sink } = await makeSink();
    for (const path of OUTSIDE) expect(await errorCode(sink.create(path))).toBe("FILE_INVALID");
  });
}
