import { InternVLError } from "@internvl/core";

/**
 * Loads a library with native code when it is first needed, so that a program that never uses it never pays for it, and
 * a broken installation becomes an error that says what to do.
 *
 * @throws InternVLError `RUNTIME_MISSING`
 */
export function lazyModule<Module>(name: string, load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      throw new InternVLError("RUNTIME_MISSING", {
        what: `${name} could not be loaded on ${process.platform}-${process.arch}: ${(cause as Error).message}`,
        fix: `Install ${name} again with its optional dependencies, on a platform that it has binaries for.`,
        cause,
      });
    });
    return loading;
  };
}
