import { expect, it } from "vitest";
import { placesBehind, placeTiles } from "../src/engine/image-places.js";

it("finds the places behind what is cached by now as if it had been cached before", () => {
  const row = [5, 9, 9, 9, 6, 9, 9, 9, 9, 9, 9, 7, 8];
  const prompt = { input_ids: [row], image_token_id: 9, tokensPerTile: 3, tiles: 4, flags: [1, 0, 1, 1] };
  const places = placeTiles({ ...prompt, past: 0 });
  expect(places.map(({ tile }) => tile)).toEqual([0, 2, 3]);
  for (let past = 0; past <= row.length; past++) {
    expect(placesBehind(places, past)).toEqual(placeTiles({ ...prompt, past }));
  }
});
