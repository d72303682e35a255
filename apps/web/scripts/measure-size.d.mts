/** Gzip bytes of the page's scripts, of its worker's, and of each file. */
export function measureSize(dist: string): {
  page: number;
  worker: number;
  files: { name: string; part: string; bytes: number }[];
};
