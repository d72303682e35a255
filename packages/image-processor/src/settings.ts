import { InternVLError, nearestName } from "@internvl/core";
import {
  aliases,
  type ImageProcessorOptions,
  type ImageProcessorSettings,
  type Size,
  settingNames,
} from "./options.js";
import { resampleFilter } from "./pillow/filters.js";
import { checkTileCounts } from "./tiling/grid.js";

/** How one setting is read: what may stand there in words, and the value in its full form, or undefined. */
interface Rule<Value> {
  expected: string;
  read(value: unknown): Value | undefined;
}

const flag: Rule<boolean> = {
  expected: "true or false",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};
const whole: Rule<number> = {
  expected: "a whole number of at least 1",
  read: (value) => (isCount(value) ? value : undefined),
};
const size: Rule<Size> = { expected: "a number of pixels or { height, width }", read: readSize };
const channels: Rule<[number, number, number]> = { expected: "a number or three numbers", read: readChannels };

const rules: { readonly [Name in keyof ImageProcessorSettings]: Rule<ImageProcessorSettings[Name]> } = {
  do_resize: flag,
  size,
  dynamic_size: size,
  resample: {
    expected: "PIL's number of a filter",
    read(value) {
      resampleFilter(value as number);
      return value as ImageProcessorSettings["resample"];
    },
  },
  passes: oneOf("pillow_12", "pillow_13"),
  do_rescale: flag,
  rescale_factor: {
    expected: "a number that is not 0",
    read: (value) => (isNumber(value) && value !== 0 ? value : undefined),
  },
  do_normalize: flag,
  image_mean: channels,
  image_std: {
    expected: "a number or three numbers, none of them 0",
    read: (value) => (readChannels(value)?.every((std) => std !== 0) ? readChannels(value) : undefined),
  },
  do_convert_rgb: flag,
  crop_to_patches: flag,
  min_tiles: whole,
  max_tiles: whole,
  use_thumbnail: flag,
  patch_size: whole,
  downsample_ratio: {
    expected: "a number above 0, at most 1",
    read: (value) => (isNumber(value) && value > 0 && value <= 1 ? value : undefined),
  },
  data_format: oneOf("channels_first", "channels_last"),
  input_data_format: oneOf("channels_last", null),
  grid: oneOf("original", "transformers"),
  alpha: oneOf("composite", "drop"),
};

/**
 * `base` with `options` over it, checked. An option that is undefined or null counts as not given, as in Python; a
 * `size` that comes without a `dynamic_size` stands for both.
 *
 * @param alsoKnown names that options may have beside the settings
 * @throws InternVLError `INPUT_INVALID` (an unknown name, a value that is not possible), `UNSUPPORTED` (a filter)
 */
export function resolveSettings(
  base: Readonly<ImageProcessorSettings>,
  options: ImageProcessorOptions,
  alsoKnown: readonly string[] = [],
): ImageProcessorSettings {
  const given = withoutAliases(options, alsoKnown);
  if (given.size !== undefined && given.dynamic_size === undefined) given.dynamic_size = given.size;
  const settings = { ...base, ...given };
  checkTogether(settings);
  return settings;
}

function withoutAliases(options: ImageProcessorOptions, alsoKnown: readonly string[]): Partial<ImageProcessorSettings> {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || alsoKnown.includes(name)) continue;
    const setting = aliases[name] ?? (name as keyof ImageProcessorSettings);
    if (!Object.hasOwn(rules, setting)) throw unknownOption(name, alsoKnown);
    const read = rules[setting].read(value);
    if (read === undefined) throw invalidOption(name, rules[setting].expected, value);
    if (Object.hasOwn(given, setting) && given[setting] !== read) {
      throw invalidOption(name, `the same as the other name of "${setting}" says, ${given[setting]}`, value);
    }
    given[setting] = read;
  }
  return given;
}

/** What has to fit together. */
function checkTogether(settings: ImageProcessorSettings): void {
  checkTileCounts(settings.min_tiles, settings.max_tiles);
  if (settings.do_resize) checkPatches(settings.size, settings);
  else if (settings.crop_to_patches) checkPatches(settings.dynamic_size, settings);
}

/**
 * Whether tiles of this size can be read by the model: whole patches, and whole image tokens after pixel shuffle.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function checkPatches(tile: Size, { patch_size, downsample_ratio }: ImageProcessorSettings): void {
  const step = patch_size / downsample_ratio;
  if ([tile.height, tile.width].every((side) => side % patch_size === 0 && Number.isInteger(side / step))) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `Tiles of ${tile.width} x ${tile.height} pixels cannot be split into image tokens`,
    expected: `multiples of ${step} (patch_size ${patch_size} / downsample_ratio ${downsample_ratio})`,
    got: `${tile.width} x ${tile.height}`,
    fix: "Change size (and dynamic_size), or give the model's own patch_size and downsample_ratio.",
  });
}

function unknownOption(name: string, alsoKnown: readonly string[]): InternVLError {
  const known = [...settingNames, ...Object.keys(aliases), ...alsoKnown];
  const nearest = nearestName(name, known);
  return new InternVLError("INPUT_INVALID", {
    what: `The image processor has no option "${name}"`,
    expected: nearest === undefined ? `one of ${known.join(", ")}` : undefined,
    fix: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
  });
}

function invalidOption(name: string, expected: string, value: unknown): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `The image processor's option "${name}" has a value that is not possible`,
    expected,
    got: JSON.stringify(value) ?? String(value),
  });
}

function oneOf<const Value>(...values: Value[]): Rule<Value> {
  return {
    expected: values.map((value) => JSON.stringify(value)).join(" or "),
    read: (value) => values.find((allowed) => allowed === value),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function readSize(value: unknown): Size | undefined {
  if (isCount(value)) return { height: value, width: value };
  if (typeof value !== "object" || value === null) return undefined;
  const { height, width } = value as Partial<Size>;
  return isCount(height) && isCount(width) ? { height, width } : undefined;
}

function readChannels(value: unknown): [number, number, number] | undefined {
  if (isNumber(value)) return [value, value, value];
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [red, green, blue]: unknown[] = value;
  return isNumber(red) && isNumber(green) && isNumber(blue) ? [red, green, blue] : undefined;
}
