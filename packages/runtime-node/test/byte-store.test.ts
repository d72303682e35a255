import { readdirSync, writeFileSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { nodeRuntime } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./folder.js";

const open = (folder: string, max_bytes = 1000) => nodeRuntime.openByteStore!(folder, max_bytes);
const hundred = (value: number) => new Uint8Array(100).fill(value);

describe("a store of bytes in a folder", () => {
  it("gives back what was put, also to the next program", async () => {
    const folder = join(await temporaryFolder(), "made", "for it");
    const store = await open(folder);
    expect(await store.get("a")).toBeUndefined();
    await store.put("a", hundred(1));
    await store.put("b", hundred(2));
    await store.put("a", hundred(3));
    expect(await store.get("a")).toEqual(hundred(3));
    expect(await (await open(folder)).get("b")).toEqual(hundred(2));
    expect(readdirSync(folder).sort()).toEqual(["a.kept", "b.kept"]);
  });

  it("removes what was not used for longest, and nothing that is not its own", async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "thesis.txt"), "x".repeat(5000));
    const store = await open(folder);
    for (let index = 0; index < 10; index++) {
      await store.put(`n${index}`, hundred(index));
      await utimes(join(folder, `n${index}.kept`), 1000 + index, 1000 + index);
    }
    expect(readdirSync(folder)).toHaveLength(11);
    await store.get("n0");
    await store.put("more", hundred(11));
    const left = [];
    for (const name of ["n0", "n1", "n2", "n3", "n9", "more"]) if (await store.get(name)) left.push(name);
    expect(left).toEqual(["n0", "n3", "n9", "more"]);
    // Another program begins with what is there.
    const other = await open(folder, 300);
    await other.put("last", hundred(12));
    expect(readdirSync(folder).filter((name) => name.endsWith(".kept"))).toHaveLength(2);
    expect(readdirSync(folder)).toContain("thesis.txt");
  });

  it("is refused where it cannot be, and names stay in it", async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(open(join(folder, "file"))).rejects.toMatchObject({ code: "FILE_WRITE_FAILED" });
    const store = await open(folder);
    await expect(store.put("../a", hundred(1))).rejects.toMatchObject({ code: "FILE_INVALID" });
    await expect(store.get("a/b")).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});
