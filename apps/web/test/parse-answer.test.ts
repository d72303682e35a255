import { describe, expect, it } from "vitest";
import { parseAnswer, plainText } from "../src/state/parse-answer.js";

const CIRCLE = "<ref>red circle</ref><box>[[200, 650, 500, 950]]</box>";
const circle = { left: 0.2, top: 0.65, right: 0.5, bottom: 0.95 };

describe("parseAnswer", () => {
  it("takes words and boxes apart", () => {
    expect(parseAnswer(`There: ${CIRCLE}.`)).toEqual([
      { kind: "text", text: "There: " },
      { kind: "thing", text: "red circle", boxes: [circle], thing: 0 },
      { kind: "text", text: "." },
    ]);
  });

  it("numbers things, and gives a thing all of its boxes", () => {
    const two = "<ref>a</ref><box>[[0, 0, 100, 100], [500,500,1000,1000]]</box><ref>b</ref> <box>[[1, 2, 3, 4]]</box>";
    expect(parseAnswer(two)).toEqual([
      {
        kind: "thing",
        text: "a",
        boxes: [
          { left: 0, top: 0, right: 0.1, bottom: 0.1 },
          { left: 0.5, top: 0.5, right: 1, bottom: 1 },
        ],
        thing: 0,
      },
      { kind: "thing", text: "b", boxes: [{ left: 0.001, top: 0.002, right: 0.003, bottom: 0.004 }], thing: 1 },
    ]);
  });

  it("names a box that has no name", () => {
    expect(parseAnswer("<box>[[200, 650, 500, 950]]</box>")).toEqual([
      { kind: "thing", text: "box", boxes: [circle], thing: 0 },
    ]);
  });

  it.each([
    ["a half tag", "It is <re", [{ kind: "text", text: "It is " }]],
    ["a name that is being written", "<ref>red ci", [{ kind: "thing", text: "red ci", boxes: [], thing: 0 }]],
    ["a name and a half tag", "<ref>red</re", [{ kind: "thing", text: "red", boxes: [], thing: 0 }]],
    ["a box that is not closed", "<ref>red</ref><box>[[1, 2, 3", [{ kind: "thing", text: "red", boxes: [], thing: 0 }]],
    [
      "a box whose list is not closed",
      "<ref>red circle</ref><box>[[200, 650, 500, 950], [1, 2",
      [{ kind: "thing", text: "red circle", boxes: [circle], thing: 0 }],
    ],
  ])("gives what is certain of %s", (_what, text, segments) => {
    expect(parseAnswer(text)).toEqual(segments);
  });

  it("never changes what it has said of an answer that grows, but for its last part", () => {
    const whole = `First ${CIRCLE} then ${CIRCLE}!`;
    const final = parseAnswer(whole);
    for (let length = 1; length < whole.length; length++) {
      const sofar = parseAnswer(whole.slice(0, length));
      expect(sofar.slice(0, -1)).toEqual(final.slice(0, sofar.length - 1));
    }
  });

  it("clamps boxes to the picture and turns them the right way", () => {
    expect(parseAnswer("<box>[[900, -50, 100, 4000]]</box>")).toEqual([
      { kind: "thing", text: "box", boxes: [{ left: 0.1, top: 0, right: 0.9, bottom: 1 }], thing: 0 },
    ]);
  });

  it.each([
    ["HTML", "<img src=x onerror=alert(1)>"],
    ["a script", "<script>alert(1)</script>"],
    ["entities", "&lt;b&gt; &amp;"],
    ["a less-than sign at the end", "1 <"],
    ["brackets without a box", "[[1, 2, 3, 4]]"],
  ])("leaves %s as text", (_what, text) => {
    const shown = parseAnswer(text);
    expect(shown).toEqual(text.endsWith("<") ? [{ kind: "text", text: "1 " }] : [{ kind: "text", text }]);
  });

  it.each([
    ["words in a box", "<ref>x</ref><box>[[a, b, c, d]]</box>", []],
    ["three numbers", "<ref>x</ref><box>[[1, 2, 3]]</box>", []],
    [
      "endless numbers",
      `<ref>x</ref><box>[[${"9".repeat(400)}, 0, 0, 0]]</box>`,
      [{ left: 0, top: 0, right: 1, bottom: 0 }],
    ],
  ])("survives %s", (_what, text, boxes) => {
    expect(parseAnswer(text)).toEqual([{ kind: "thing", text: "x", boxes, thing: 0 }]);
  });

  it("keeps a name that holds another opening apart from it", () => {
    expect(parseAnswer("<ref>a<ref>b</ref></ref><box></box>")).toEqual([
      { kind: "thing", text: "a", boxes: [], thing: 0 },
      { kind: "thing", text: "b", boxes: [], thing: 1 },
    ]);
  });

  it("takes a long hostile answer in a moment", () => {
    const text = "<ref><box>[[1,1,1,".repeat(5000);
    const started = performance.now();
    expect(parseAnswer(text).length).toBeLessThanOrEqual(5000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("plainText", () => {
  it("is the words alone", () => {
    expect(plainText(` There: ${CIRCLE}. `)).toBe("There: red circle.");
  });
});
