import { KeyValueCache } from "@internvl/model";
import { expect, it } from "vitest";
import { CacheTable } from "../src/worker/cache-table.js";
import { appendBoth, newColumns, SHAPE, SlowCache } from "./slow-cache.js";

const maker = {
  newCache: (batch_size: number) => new KeyValueCache(batch_size, SHAPE),
  loadCache: async (bytes: Uint8Array) => KeyValueCache.load(bytes, SHAPE),
};

it("says what a cache holds once every call that has it is over, also those that failed", async () => {
  const table = new CacheTable();
  await table.act(1, { do: "new", batch_size: 1 }, maker);
  const slow = new SlowCache([[]]);
  let fail: (error: Error) => void = () => {};
  // A step that goes on after its caller was told that it failed.
  const step = table.lend(1, async (cache) => {
    const error = await new Promise<Error>((resolve) => {
      fail = resolve;
    });
    appendBoth(cache!, slow, newColumns(1, 2));
    throw error;
  });
  const refused = table.lend(1, async () => {
    throw new Error("in use");
  });
  await expect(refused).rejects.toThrow("in use");
  const rows = table.act(1, { do: "rows" }, maker);
  setTimeout(() => fail(new Error("too late")));
  await expect(step).rejects.toThrow("too late");
  expect(await rows).toEqual({ tokens: [slow.rows[0]!.map(({ token }) => token)], visible: [[1, 1]] });

  await table.act(1, { do: "dispose" }, maker);
  await expect(table.act(1, { do: "save" }, maker)).rejects.toMatchObject({ code: "RELEASED" });
});
