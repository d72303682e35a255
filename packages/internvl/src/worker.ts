import { hostModel } from "@internvl/model";
import { nodeRuntime, parentWorkerPort } from "@internvl/runtime-node";

hostModel(parentWorkerPort(), nodeRuntime);
