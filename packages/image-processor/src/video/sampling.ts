import { InternVLError, type JsonObject } from "@internvl/core";

/** Which frames of a video are looked at, with the names of merged Transformers. */
export interface VideoSampling {
  /** Whether frames are sampled at all; a call that gives `num_frames` or `fps` means yes. */
  do_sample_frames: boolean;
  num_frames: number | null;
  /** Frames a second of the video's time; `num_frames` goes before it. */
  fps: number | null;
  /** In frames; true: half the distance of two sampled frames. */
  initial_shift: boolean | number;
}

export const defaultSampling: Readonly<VideoSampling> = {
  do_sample_frames: false,
  num_frames: null,
  fps: null,
  initial_shift: true,
};

export const samplingNames: readonly (keyof VideoSampling)[] = Object.keys(defaultSampling) as (keyof VideoSampling)[];

const rules: Readonly<Record<keyof VideoSampling, { expected: string; holds(value: unknown): boolean }>> = {
  do_sample_frames: { expected: "true or false", holds: (value) => typeof value === "boolean" },
  num_frames: {
    expected: "a whole number of at least 1",
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  },
  fps: { expected: "a number above 0", holds: (value) => Number.isFinite(value) && (value as number) > 0 },
  initial_shift: {
    expected: "true, or a number of frames of at least 0",
    holds: (value) => typeof value === "boolean" || (Number.isFinite(value) && (value as number) >= 0),
  },
};

/**
 * `base` with what `options` say of sampling over it, checked. Other options are left to the image settings.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function resolveSampling(
  base: Readonly<VideoSampling>,
  options: Readonly<Partial<VideoSampling>>,
): VideoSampling {
  const given: Partial<Record<keyof VideoSampling, unknown>> = {};
  for (const name of samplingNames) {
    const value = options[name];
    if (value === undefined || value === null) continue;
    if (!rules[name].holds(value)) {
      throw new InternVLError("INPUT_INVALID", {
        what: `The video processor's option "${name}" has a value that is not possible`,
        expected: rules[name].expected,
        got: JSON.stringify(value) ?? String(value),
      });
    }
    given[name] = value;
  }
  return { ...base, ...given } as VideoSampling;
}

/** Splits fields or options into those of sampling and the others. */
export function splitSampling<Options extends object>(options: Options): [Partial<VideoSampling>, JsonObject] {
  const isSampling = ([name]: [string, unknown]): boolean => (samplingNames as readonly string[]).includes(name);
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(isSampling)),
    Object.fromEntries(entries.filter((entry) => !isSampling(entry))) as JsonObject,
  ];
}
