import { lazyModule } from "../load-module.js";

/** onnxruntime's severity "fatal": what goes wrong is thrown, and a library writes nothing to the console. */
export const SILENT = 4;

export const loadOnnxruntime: () => Promise<typeof import("onnxruntime-node")> = lazyModule(
  "onnxruntime-node",
  async () => {
    const onnxruntime = await import("onnxruntime-node");
    // Read once, when the first session is created. A level that the program has chosen itself stays.
    if (onnxruntime.env.logLevel === "warning") onnxruntime.env.logLevel = "fatal";
    return onnxruntime;
  },
);
