import { FAMILY, InternVL2_5Config, matchFamily } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { changed, fixture } from "./helpers.js";

const published = fixture("published.json") as Record<string, JsonObject>;

describe("matchFamily", () => {
  it.each(Object.entries(published))("knows %s", (name, json) => {
    expect(matchFamily(InternVL2_5Config.from_dict(json))).toEqual({
      member: FAMILY.find((member) => member.name === name),
      differences: [],
    });
  });

  it("names the nearest, and what differs", () => {
    const json = changed(published["InternVL2_5-1B"]!, "llm_config.vocab_size", 151680);
    const { member, differences } = matchFamily(InternVL2_5Config.from_dict(json));
    expect(member.name).toBe("InternVL2_5-1B");
    expect(differences).toEqual(["language vocab_size 151680 (151674)"]);
  });

  it("goes by the language model where all sizes are others", () => {
    const { member, differences } = matchFamily(InternVL2_5Config.from_dict(fixture("tiny-2b.config.json")));
    expect(member.name).toBe("InternVL2_5-2B");
    expect(differences).toContain("language hidden_size 64 (2048)");
    expect(differences.join()).not.toContain("language model");
  });
});
