import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { parseLine } from "../src/chat/parse-line.js";
import { wordsOf } from "../src/chat/words.js";

const FILES = [
  "/tmp/a.png",
  "/tmp/my cat.jpg",
  "cat.jpg",
  "./cat.jpg",
  `${homedir()}/c.webp`,
  "/tmp/notes.txt",
  "it's.png",
];
const parse = (line: string) => parseLine(line, (path) => FILES.includes(path));
const message = (text: string, ...pictures: string[]) => ({ kind: "message", text, pictures });

describe("a line of a chat", () => {
  it("is a question, as it stands", () => {
    expect(parse("What's in it? \"Yes\" or 'no'?")).toEqual(message("What's in it? \"Yes\" or 'no'?"));
    expect(parse("Find <ref>the star</ref>")).toEqual(message("Find <ref>the star</ref>"));
    expect(parse("a\\b c")).toEqual(message("a\\b c"));
  });

  it("names pictures as people and terminals write them", () => {
    expect(parse("/tmp/a.png what is it?")).toEqual(message("what is it?", "/tmp/a.png"));
    expect(parse("what is /tmp/a.png like?")).toEqual(message("what is like?", "/tmp/a.png"));
    expect(parse("'/tmp/my cat.jpg' who?")).toEqual(message("who?", "/tmp/my cat.jpg"));
    expect(parse('"/tmp/my cat.jpg" who?')).toEqual(message("who?", "/tmp/my cat.jpg"));
    expect(parse("/tmp/my\\ cat.jpg who?")).toEqual(message("who?", "/tmp/my cat.jpg"));
    expect(parse("file:///tmp/my%20cat.jpg")).toEqual(message("", "/tmp/my cat.jpg"));
    expect(parse("/tmp/my cat.jpg")).toEqual(message("", "/tmp/my cat.jpg"));
    expect(parse("~/c.webp")).toEqual(message("", `${homedir()}/c.webp`));
    expect(parse("it\\'s.png")).toEqual(message("", "it's.png"));
    expect(parse("/tmp/a.png /tmp/my\\ cat.jpg compare")).toEqual(message("compare", "/tmp/a.png", "/tmp/my cat.jpg"));
  });

  it("takes a file's name within a sentence, its punctuation not", () => {
    expect(parse("What is in cat.jpg?")).toEqual(message("What is in", "cat.jpg"));
    expect(parse("What is in dog.jpg?")).toEqual(message("What is in dog.jpg?"));
    expect(parse("/tmp/notes.txt")).toEqual(message("/tmp/notes.txt"));
  });

  it("says that a path leads nowhere", () => {
    for (const path of ["/tmp/b.png", "./b.png", "../b.jpeg", "file:///tmp/b.png"]) {
      expect(parse(`${path} what is it?`).kind).toBe("missing");
    }
  });

  it("is a command", () => {
    expect(parse(" /help ")).toEqual({ kind: "help" });
    expect(parse("/clear")).toEqual({ kind: "clear" });
    expect(parse("/quit")).toEqual({ kind: "quit" });
    expect(parse("/image https://example.com/x?y=1")).toEqual(message("", "https://example.com/x?y=1"));
    expect(parse("/image '/tmp/odd name'")).toEqual(message("", "/tmp/odd name"));
    expect(parse("/image")).toEqual({ kind: "help" });
    expect(parse("/imagine")).toEqual({ kind: "unknown", command: "/imagine" });
    expect(parse("   ")).toEqual({ kind: "nothing" });
  });
});

describe("words on Windows", () => {
  it("keep their backslashes", () => {
    const words = wordsOf('C:\\pictures\\a.png "D:\\my cat.jpg" who?', "win32");
    expect(words.map(({ path }) => path)).toEqual(["C:\\pictures\\a.png", "D:\\my cat.jpg", "who?"]);
  });
});
