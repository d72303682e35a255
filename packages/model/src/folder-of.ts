/** The folder of a file, with its slash at the end; empty where the path has none. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
