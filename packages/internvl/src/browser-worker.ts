import { hostModel } from "@internvl/model";
import { parentWorkerPort, webRuntime } from "@internvl/runtime-web";

hostModel(parentWorkerPort(), webRuntime);
