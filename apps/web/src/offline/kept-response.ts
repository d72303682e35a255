/**
 * What a kept file answers to a request: all of it, its length for HEAD, or a range of it.
 *
 * @param kept the whole file
 */
export async function keptResponse({ method, headers }: Request, kept: Response): Promise<Response> {
  if (method === "HEAD") {
    const answer = new Headers(kept.headers);
    // What was stored is no longer compressed, and its length may have been that of the compressed body.
    answer.delete("content-encoding");
    answer.set("content-length", String((await kept.blob()).size));
    return new Response(null, { headers: answer });
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.get("range") ?? "");
  if (range === null) return kept;
  const file = await kept.blob();
  const start = Number(range[1]);
  const end = range[2] === "" ? file.size : Math.min(file.size, Number(range[2]) + 1);
  if (start >= end) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${file.size}` } });
  }
  const part = file.slice(start, end, file.type);
  return new Response(part, {
    status: 206,
    headers: {
      "content-type": kept.headers.get("content-type") ?? "application/octet-stream",
      "content-range": `bytes ${start}-${end - 1}/${file.size}`,
      "content-length": String(part.size),
    },
  });
}
