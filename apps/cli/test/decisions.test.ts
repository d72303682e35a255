import { describe, expect, it } from "vitest";
import { Interrupts } from "../src/chat/interrupts.js";
import { questionMessage } from "../src/model/question.js";

describe("Ctrl-C in a chat", () => {
  it("stops the answer, and then the program", () => {
    const interrupts = new Interrupts();
    expect(interrupts.press(true)).toBe("stop-answer");
    expect(interrupts.press(true)).toBe("quit");
  });

  it("at the prompt says how to quit", () => {
    const interrupts = new Interrupts();
    expect(interrupts.press(false)).toBe("warn");
    expect(interrupts.press(false)).toBe("quit");
  });

  it("counts anew after a line", () => {
    const interrupts = new Interrupts();
    interrupts.press(true);
    interrupts.reset();
    expect(interrupts.press(true)).toBe("stop-answer");
    interrupts.reset();
    expect(interrupts.press(false)).toBe("warn");
  });

  it("right after a stopped answer quits", () => {
    const interrupts = new Interrupts();
    interrupts.press(true);
    expect(interrupts.press(false)).toBe("quit");
  });
});

describe("questionMessage", () => {
  it("puts pictures before the text, unless it says where they go", () => {
    expect(questionMessage("Why?", 0)).toEqual({ role: "user", content: "Why?" });
    const content = [{ type: "image" }, { type: "image" }, { type: "text", text: "Why?" }];
    expect(questionMessage("Why?", 2)).toEqual({ role: "user", content });
    expect(questionMessage("A: <image> B: <image>", 2).content).toBe("A: <image> B: <image>");
  });
});
