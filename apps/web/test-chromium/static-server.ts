import { serve } from "@internvl-tooling/browser";
import { root, type Server } from "./open-page.js";

/** As strict as the README says that it may be. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "connect-src 'self' blob:",
  "img-src 'self' blob:",
  "media-src blob:",
  "manifest-src 'self'",
].join("; ");

/** The built page as a plain host serves it, below a folder, with a strict policy and without the headers of isolation. */
export async function staticServer(): Promise<Server> {
  const folders = { "/site": `${root}/dist` };
  const { origin, close } = await serve(undefined, { folders, headers: { "content-security-policy": POLICY } });
  return { address: `${origin}/site/`, close };
}
