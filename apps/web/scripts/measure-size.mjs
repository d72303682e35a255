import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const ONNXRUNTIME = /(^|\/)ort[.-]/;

/**
 * The gzip bytes of all scripts that the page loads by itself: what index.html and its scripts import statically, and the
 * same of the worker that it starts. onnxruntime's own files are not counted.
 *
 * @param {string} dist the built page
 */
export function measureSize(dist) {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const entries = [...html.matchAll(/(?:src|href)="\.?\/?([^"]+\.js)"/g)].map(([, path]) => path);
  const ofPage = closure(dist, entries);
  const started = [...ofPage].flatMap((path) =>
    [...readFileSync(join(dist, path), "utf8").matchAll(/(?:assets\/)?(worker-[\w-]+\.js)/g)].map(([, name]) =>
      join(dirname(path), name),
    ),
  );
  const ofWorker = closure(dist, started);
  const files = [
    ...[...ofPage].map((name) => ({ name, part: "page  ", bytes: gzipBytes(dist, name) })),
    ...[...ofWorker].map((name) => ({ name, part: "worker", bytes: gzipBytes(dist, name) })),
  ];
  const sum = (part) => files.filter((file) => file.part === part).reduce((total, { bytes }) => total + bytes, 0);
  return { files, page: sum("page  "), worker: sum("worker") };
}

/** Paths of scripts with all that they import statically. */
function closure(dist, entries) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path) || ONNXRUNTIME.test(path)) return;
    found.add(path);
    const code = readFileSync(join(dist, path), "utf8");
    for (const [, target] of code.matchAll(/(?:^|[;}])\s*(?:import|export)\b[^;"'()]*?["'](\.[^"']+\.js)["']/g)) {
      visit(join(dirname(path), target));
    }
  };
  entries.forEach(visit);
  return found;
}

function gzipBytes(dist, path) {
  return gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
}
