import { expect, test } from "vitest";
import { LinePeer } from "../src/peers/line-peer.js";
import { withPeers } from "../src/peers/set.js";

const PROGRAM = `
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { do: name, value } = JSON.parse(line);
  if (name === "end") process.exit(3);
  console.log(JSON.stringify(name === "double" ? { double: 2 * value } : name === "load" ? { version: "7" } : { error: "no " + name }));
});`;
const open = (name: string, script: string = PROGRAM) => new LinePeer(name, process.execPath, ["--eval", script]);

test("a program answers line by line, and a refusal is an error", async () => {
  const peer = open("p");
  expect(await peer.measure({ do: "double", value: 3 })).toEqual({ double: 6 });
  await expect(peer.ask({ do: "what" })).rejects.toThrow("no what");
  expect(await peer.measure({ do: "double", value: 4 })).toEqual({ double: 8 });
  await expect(peer.ask({ do: "end" })).rejects.toThrow("ended without an answer");
  await peer.close();
});

test("peers that are not there are named with the reason, the others are used", async () => {
  const request = { do: "load" };
  const starts = [
    { name: "good", open: () => open("good"), request },
    { name: "no program", open: () => new LinePeer("no program", "/no/such/program", []), request },
    { name: "refuses", open: () => open("refuses"), request: { do: "nothing" } },
    {
      name: "not installed",
      request,
      open: () => {
        throw new Error("install it");
      },
    },
  ];
  const result = await withPeers(starts, async ({ peers, absent, versions }) => {
    expect(absent).toEqual({
      "no program": "/no/such/program ended without an answer",
      refuses: "no nothing",
      "not installed": "install it",
    });
    expect(versions).toEqual({ good: "7" });
    return (await peers[0]!.measure({ do: "double", value: 1 }))["double"];
  });
  expect(result).toBe(2);
});
