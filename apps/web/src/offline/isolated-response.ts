/** What makes a page cross-origin isolated, and what its own files say to be allowed in it. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** The same answer with the headers of isolation. */
export function isolated(response: Response): Response {
  const { status, statusText } = response;
  // Answers of other origins are closed and stay as they are; an answer without a body may not have one.
  if (status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const hasBody = ![101, 204, 205, 304].includes(status);
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}
