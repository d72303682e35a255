import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { expect, it } from "vitest";

const OPTIONS = ["--runtime", "stub", "--enable", "simd", "-O3", "--converge", "--noAssert"];
/** 8 MB, all the memory that it ever has. Pages that are never touched take none. */
const MEMORY = ["--initialMemory", "128", "--maximumMemory", "128"];

it("the kernel in src is what its source compiles to", async () => {
  const text = `/** kernel/passes.ts as WebAssembly, in base64. Written by \`npx vitest run --project node kernel -u\`. */
export const KERNEL: string =
  "${Buffer.from(await compiled()).toString("base64")}";
`;
  await expect(text).toMatchFileSnapshot("../src/pillow/kernel.ts");
});

async function compiled(): Promise<Uint8Array> {
  const source = await readFile(fileURLToPath(new URL("../kernel/passes.ts", import.meta.url)), "utf8");
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main(["passes.ts", "--outFile", "passes.wasm", ...OPTIONS, ...MEMORY], {
    readFile: (name) => (name === "passes.ts" ? source : null),
    writeFile: (_name, contents) => {
      bytes = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || bytes === undefined) throw new Error(`kernel/passes.ts does not compile: ${stderr}`);
  return bytes;
}
