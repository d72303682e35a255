import { hostModel } from "@internvl/model";
import { nodeRuntime, parentWorkerPort } from "@internvl/runtime-node";
import { convertOnce } from "./first-use/convert-once.js";

hostModel(parentWorkerPort(), { ...nodeRuntime, convertCheckpoint: convertOnce() });
