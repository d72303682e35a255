/** What a web server answers to a request for `bytes`, or for a range of them. */
export function answerBytes(bytes: Uint8Array, init: RequestInit | undefined, { ranges = true } = {}): Response {
  const [, from, to] = (ranges && /^bytes=(\d+)-(\d*)$/.exec(new Headers(init?.headers).get("range") ?? "")) || [];
  const body = from === undefined ? bytes : bytes.subarray(Number(from), to ? Number(to) + 1 : undefined);
  const headers = new Headers({ "content-length": String(body.length) });
  if (from !== undefined) {
    headers.set("content-range", `bytes ${from}-${Number(from) + body.length - 1}/${bytes.length}`);
  }
  return new Response(init?.method === "HEAD" ? null : pieces(body), {
    status: from === undefined ? 200 : 206,
    headers,
  });
}

/** How many bytes a body brings at a time. */
const PIECE = 1000;

/** A body that comes in pieces, as bodies do; `cut` ends it with an error after so many of them. */
export function pieces(bytes: Uint8Array, cut: number = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= cut * PIECE) return controller.error(new TypeError("network error"));
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE));
      at += PIECE;
    },
  });
}
