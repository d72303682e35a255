import { InternVLError, nearestName } from "@internvl/core";
import { MISSING_OPTIONS } from "./missing-options.js";

/**
 * Refuses options that nobody reads, which are misspelt more often than not.
 *
 * @param options what the caller passed; members that are `undefined` do not count
 * @param names all names that are read
 * @throws InternVLError `UNSUPPORTED` for what Transformers has and this package lacks, with the reason, else
 *   `INPUT_INVALID` with the nearest name that exists
 */
export function assertKnownOptions(options: object, names: readonly string[]): void {
  const known = new Set(names);
  for (const [name, value] of Object.entries(options)) {
    if (known.has(name) || value === undefined) continue;
    const missing = Object.hasOwn(MISSING_OPTIONS, name) ? MISSING_OPTIONS[name] : undefined;
    if (missing !== undefined) {
      if (value === null || value === missing.neutral) continue;
      throw new InternVLError("UNSUPPORTED", {
        what: `The generation option "${name}" of Transformers is not supported`,
        fix: `${missing.reason} Leave it out.`,
      });
    }
    const nearest = nearestName(name, names);
    throw new InternVLError("INPUT_INVALID", {
      what: `There is no option "${name}"`,
      fix: nearest === undefined ? `The options are ${names.join(", ")}.` : `Did you mean "${nearest}"?`,
    });
  }
}
