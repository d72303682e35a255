import { hostModel } from "@internvl/model";
import { parentWorkerPort, webRuntime } from "@internvl/runtime-web";
import { convertStored } from "./first-use-web/convert-stored.js";

hostModel(parentWorkerPort(), { ...webRuntime, convertCheckpoint: convertStored });
