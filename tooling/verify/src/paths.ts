// In this folder and no other: the paths have to hold from src/ and from dist/, which is what both are bundled into.
import { fileURLToPath } from "node:url";

/** The reference data of the repository. */
export const FIXTURES: string = fileURLToPath(new URL("../fixtures", import.meta.url));

/** The Python scripts that make and check reference data. */
export const SCRIPTS: string = fileURLToPath(new URL("../../reference", import.meta.url));

/** The built page of `verify --browser`. */
export const PAGE: string = fileURLToPath(new URL("../dist/page", import.meta.url));

export const DEMO_MODEL: string = fileURLToPath(new URL("../../../packages/demo-model", import.meta.url));

/** Questions that the demo model has not seen, and their pictures. */
export const HELDOUT: string = fileURLToPath(new URL("../../demo-training/heldout", import.meta.url));
