import type { FileSink, Runtime } from "@internvl/core";
import type { GoldenFolder } from "../golden/folder.js";

/** What the checks need of the place where they run. */
export interface Platform {
  readonly runtime: Runtime;
  /** The device of all graphs. Default: the runtime's own. */
  readonly device?: string;
  /** Whether a checkpoint is run here. Default: all are. */
  takes?(variant: string): boolean;
  /** The reference data of the repository. */
  fixtures(): Promise<GoldenFolder>;
  /** A place for converted models. */
  openWorkspace(): Promise<Workspace>;
}

export interface Workspace {
  /** The folder of a model as the platform's `runtime.files` knows it. */
  folder(name: string): string;
  /** Writes into such a folder. */
  openSink(folder: string): Promise<FileSink>;
  remove(): Promise<void>;
}
