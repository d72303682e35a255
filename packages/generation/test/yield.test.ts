import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

// setImmediate as in Node, MessageChannel as in browsers.
test.each(["setImmediate", "MessageChannel"])("%s lets messages that are due run first", async (scheduler) => {
  if (scheduler === "MessageChannel") vi.stubGlobal("setImmediate", undefined);
  const { yieldToEventLoop } = await import("@internvl/generation");
  const { port1, port2 } = new MessageChannel();
  let received = 0;
  port2.onmessage = () => {
    received++;
  };
  for (let sent = 1; sent <= 3; sent++) {
    port1.postMessage("abort");
    // A message may take a turn or two to cross; without a turn it would never arrive.
    for (let turn = 0; turn < 1000 && received < sent; turn++) await yieldToEventLoop();
    expect(received).toBe(sent);
  }
  port1.close();
});
