import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Standstill } from "../src/child/standstill.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the longest time without another figure counts, reports of the same one do not end it", () => {
  const standstill = new Standstill();
  const report = (loaded: number) => standstill.report({ stage: "convert", name: "a.onnx", loaded, unit: "bytes" });
  vi.advanceTimersByTime(100);
  report(1);
  vi.advanceTimersByTime(300);
  report(1);
  vi.advanceTimersByTime(300);
  report(2);
  vi.advanceTimersByTime(500);
  expect(standstill.end()).toEqual({ ms: 600, after: "convert a.onnx 1 bytes" });
});

test("the time before the first report and after the last counts too", () => {
  const silent = new Standstill();
  vi.advanceTimersByTime(700);
  expect(silent.end()).toEqual({ ms: 700, after: "the start" });
});
