import { fileURLToPath } from "node:url";

/** The folder of the page that benchmarks open. Bundled, it lies beside the program. */
export const PAGE: string = fileURLToPath(new URL("page", import.meta.url));
