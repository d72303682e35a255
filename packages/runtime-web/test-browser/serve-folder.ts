import { answerBytes } from "./answer.js";

/** A `fetch` that answers as a static web server with these files does, whatever the folder's address. */
export function serveFolder(
  files: Readonly<Record<string, Uint8Array>>,
  { ranges = true, listing = JSON.stringify(Object.keys(files)) as string | null } = {},
): typeof fetch {
  return async (input, init) => {
    init?.signal?.throwIfAborted();
    const { pathname } = new URL(String(input));
    if (pathname.endsWith("/files.json")) return new Response(listing, { status: listing === null ? 404 : 200 });
    const path = Object.keys(files).find((name) => pathname.endsWith(`/tiny/${name}`));
    return path === undefined ? new Response(null, { status: 404 }) : answerBytes(files[path]!, init, { ranges });
  };
}
