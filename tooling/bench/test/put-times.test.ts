import { expect, test, vi } from "vitest";
import { PutTimes } from "../src/put-times.js";

test("the prompt is put first, then the first token, then one a step", () => {
  const now = vi.spyOn(performance, "now");
  const times = new PutTimes();
  for (const at of [100, 150, 160, 180]) {
    now.mockReturnValueOnce(at);
    times.put();
  }
  now.mockRestore();
  expect(times.firstMs()).toBe(50);
  expect(times.firstMs(70)).toBe(80);
  expect(times.stepMs()).toBe(15);
});
