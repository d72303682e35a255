import { openFileList } from "@internvl/runtime-web";
import { wrap } from "comlink";
import type { WebTasks } from "./requests.js";

// In a worker, as in a page for people: there, weights are read piece by piece.
globalThis.tasks = wrap<WebTasks>(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
globalThis.chosen = () => openFileList(document.querySelector("input")!.files!).portable;
