import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { ask, openPage, waitUntilReady } from "./open-page.js";

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  it("axe finds nothing serious", async () => {
    const open = await openPage({ colorScheme, reducedMotion: "reduce" });
    const { page } = open;
    try {
      const check = async (where: string) => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(
          serious.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ""}`).join(" ")}`,
          ),
          where,
        ).toEqual([]);
      };
      await waitUntilReady(page);
      await check("at first");
      await page.getByRole("button", { name: "shapes square" }).click();
      await page.getByRole("button", { name: "Show tiles" }).click();
      await ask(page, "Locate the purple circle.");
      await check("with an answer");
      await page.getByRole("button", { name: "Tokens" }).click();
      await check("with tokens");
      await page.getByRole("button", { name: /^Model: / }).click();
      await page.getByRole("radio", { name: /Hub/ }).check();
      await check("with the model dialog");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Answer options" }).click();
      await check("with the options");
    } finally {
      await open.close();
    }
  });
});
