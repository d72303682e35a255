import { expect, it } from "vitest";
import { measureSize } from "../scripts/measure-size.mjs";
import { root } from "./open-page.js";

/** Gzip bytes of the scripts that have to be there before the page can be used. */
const PAGE_LIMIT = 120_000;

/** The same of the worker, which starts beside it: what runs a model, without onnxruntime's own. */
const WORKER_LIMIT = 120_000;

it("loads little JavaScript", () => {
  const { page, worker } = measureSize(`${root}/dist`);
  expect(page).toBeGreaterThan(10_000);
  expect(worker).toBeGreaterThan(10_000);
  expect(page).toBeLessThan(PAGE_LIMIT);
  expect(worker).toBeLessThan(WORKER_LIMIT);
});
