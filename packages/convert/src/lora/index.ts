export { type LoraAdapter, type LoraDelta, type LoraTarget, readAdapter } from "./adapter.js";
export { type AdapterInspection, inspectAdapter, isAdapterFolder } from "./inspect-adapter.js";
export { adapterFits, missingTensors } from "./naming.js";
export { findTrainedLora, type TrainedLora, withoutLoraRanks, withTrainedLora } from "./trained.js";
export { type WeightedAdapter, withAdapters } from "./with-adapters.js";
