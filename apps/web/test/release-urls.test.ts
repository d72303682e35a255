import { afterEach, expect, it, vi } from "vitest";
import { initialState, reduce } from "../src/state/reduce.js";
import { releaseUrls } from "../src/state/release-urls.js";
import { createStore } from "../src/state/store.js";
import { picture } from "./helpers.js";

afterEach(() => vi.restoreAllMocks());

it("releases the pictures that are gone, and no others", () => {
  const revoke = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => {});
  const store = createStore(initialState, reduce);
  releaseUrls(store);
  store.dispatch({ type: "add", item: picture("p") });
  store.dispatch({ type: "add", item: picture("q") });
  store.dispatch({ type: "measured", id: "p", width: 1, height: 1 });
  expect(revoke.mock.calls).toEqual([]);
  store.dispatch({ type: "remove", id: "p" });
  expect(revoke.mock.calls).toEqual([["blob:p"]]);
  store.dispatch({ type: "clear" });
  expect(revoke.mock.calls).toEqual([["blob:p"], ["blob:q"]]);
});
