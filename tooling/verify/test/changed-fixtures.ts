import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GroupSummary } from "../src/report.js";
import { verify } from "../src/verify.js";

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));

/** A copy of some of the fixtures that can be changed. */
export class ChangedFixtures {
  readonly directory: string = mkdtempSync(join(tmpdir(), "internvl-changed-"));

  constructor(paths: readonly string[]) {
    for (const path of paths) cpSync(join(FIXTURES, path), this.path(path), { recursive: true });
  }

  path(path: string): string {
    return join(this.directory, path);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests reach into any JSON file.
  json(path: string, change: (value: any) => void): void {
    const value = JSON.parse(readFileSync(this.path(path), "utf8"));
    change(value);
    writeFileSync(this.path(path), JSON.stringify(value));
  }

  /** Adds `amount` to the first number of a tensor. */
  tensor(path: string, name: string, amount: number): void {
    const bytes = readFileSync(this.path(path));
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerBytes));
    const at = 8 + headerBytes + header[name].data_offsets[0];
    bytes.writeFloatLE(bytes.readFloatLE(at) + amount, at);
    writeFileSync(this.path(path), bytes);
  }

  /** Runs one group over the copy and removes it. */
  async verify(group: string): Promise<GroupSummary> {
    try {
      const [summary] = await verify(this.directory, { groups: [group] });
      return summary!;
    } finally {
      this.remove();
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
