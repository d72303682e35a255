import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalServer, launchChromium, serve } from "@internvl-tooling/browser";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type * as Internvl from "../src/browser.js";

// A site of the plain example's, whose library is the standalone build of this package, and a checkpoint beside it.
const SITE = fileURLToPath(new URL("../../../apps/plain/dist", import.meta.url));
const CHECKPOINT = dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));

const SCRIPT = `<script type="module">
  import * as internvl from "/internvl/internvl.js";
  globalThis.internvl = internvl;
</script>`;

declare global {
  /** Of the pages. */
  var internvl: typeof Internvl;
  var onProgress: ((stage: string) => void) | undefined;
}

let server: LocalServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await serve(SITE, { folders: { "/checkpoint": CHECKPOINT } });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  return () => context.close();
});

/** A page of the site with the library in it; its storage is the context's. */
async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.route("**/empty.html", (route) => route.fulfill({ contentType: "text/html", body: SCRIPT }));
  await page.goto(`${server.origin}/empty.html`);
  await page.waitForFunction(() => "internvl" in globalThis);
  return page;
}

/** Loads a model by its name, which converts a checkpoint. What is thrown comes back as its code and message. */
function load(page: Page, model: string): Promise<{ code: string; message: string } | "loaded"> {
  return page.evaluate(async (name) => {
    const { InternVL2_5ForConditionalGeneration } = globalThis.internvl;
    const progress_callback = ({ stage }: Internvl.ProgressInfo) => globalThis.onProgress?.(stage);
    try {
      const model = await InternVL2_5ForConditionalGeneration.from_pretrained(name, { progress_callback });
      await model.dispose();
      return "loaded";
    } catch (error) {
      const { code, message } = error as Internvl.InternVLError;
      return { code, message };
    }
  }, model);
}

describe("a conversion in a page", () => {
  it("that finds no room is an error that says so; the page lives, and with room it converts", async () => {
    const page = await openTab();
    const devtools = await context.newCDPSession(page);
    const { origin } = server;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 2_000_000 });
    const refused = await load(page, "/checkpoint");
    expect(refused).toMatchObject({ code: "FILE_WRITE_FAILED", message: expect.stringMatching(/converted\/.*onnx/) });
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    expect(await load(page, "/checkpoint")).toBe("loaded");
  });

  it("is taken over by a second tab when the first is closed in the middle", async () => {
    const [first, second] = [await openTab(), await openTab()];
    const begun = new Promise<void>((resolve) => {
      first.exposeFunction("onProgress", (stage: string) => stage === "convert" && resolve());
    });
    const stages = new Set<string>();
    await second.exposeFunction("onProgress", (stage: string) => stages.add(stage));
    const lost = load(first, "/checkpoint").catch(() => "closed");
    await begun;
    const waiting = load(second, "/checkpoint");
    await first.close();
    expect(await lost).toBe("closed");
    expect(await waiting).toBe("loaded");
    expect(stages).toContain("convert");
    // And is there for the next.
    stages.clear();
    expect(await load(second, "/checkpoint")).toBe("loaded");
    expect(stages).not.toContain("convert");
  });
});

describe("a model's folder", () => {
  it("that lacks a file is an error that names it", async () => {
    const page = await openTab();
    await page.route("**/model/onnx/decoder_model_merged_int8.onnx_data", (route) => route.fulfill({ status: 404 }));
    expect(await load(page, "/model")).toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("onnx/decoder_model_merged_int8.onnx_data"),
    });
    await page.unrouteAll();
    expect(await load(page, "/model")).toBe("loaded");
  });

  it("that the network stops giving is an error after all new tries, and loads when it is back", async () => {
    const page = await openTab();
    await load(page, "/model");
    await context.setOffline(true);
    const refused = await load(page, "/model");
    expect(refused).toMatchObject({ code: "HUB_UNAVAILABLE" });
    await context.setOffline(false);
    expect(await load(page, "/model")).toBe("loaded");
  });
});

describe("a worker", () => {
  it("that ends is an error for the call that waits for it, and the next model has a new one", async () => {
    const page = await openTab();
    const outcome = await page.evaluate(async () => {
      const { InternVL2_5ForConditionalGeneration } = globalThis.internvl;
      const workers: Worker[] = [];
      const Original = globalThis.Worker;
      globalThis.Worker = class extends Original {
        constructor(...args: ConstructorParameters<typeof Original>) {
          super(...args);
          workers.push(this);
        }
      };
      const load = () => InternVL2_5ForConditionalGeneration.from_pretrained("/model", { worker: true });
      const ask = (model: Awaited<ReturnType<typeof load>>) =>
        model.generate({ input_ids: [[1, 2, 3]], max_new_tokens: 4 });
      const model = await load();
      const asked = ask(model).catch((error) => (error as Internvl.InternVLError).code);
      // What a browser reports of a worker that has run into the end of its memory.
      workers[0]!.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
      const failed = await asked;
      const again = await load();
      const answer = await ask(again);
      await again.dispose();
      return { failed, tokens: Array.isArray(answer) && answer[0]!.length };
    });
    expect(outcome).toEqual({ failed: "WORKER_FAILED", tokens: 7 });
  });
});
