import type { SourcePlatform } from "@internvl/core";

/** How messages about sources speak in a browser. A text is an address, relative to the page's. */
export const SOURCES: SourcePlatform = {
  expected: "a URL, bytes, a Blob or File, or a RawImage",
  unreachable:
    "Check the address. Browsers do not say why: a server of another origin must allow this page (CORS), and so must the page's Content-Security-Policy.",
};
