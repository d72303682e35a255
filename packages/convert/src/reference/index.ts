/**
 * The networks evaluated plainly from the original's tensors, layer by layer, in double precision: what graphs are compared
 * with, and a description of the model for whoever ports it. It shares no code with `architectures/` and `layers/`.
 */
export { embedTile, visionLayer, visionLayerCount } from "./internvit.js";
export { imageFeatures, pixelShuffle } from "./projector.js";
export { rotaryAngles } from "./rotary.js";
export { Rows } from "./rows.js";
export { embedTokens, finalNorm, outputLayer, textLayer } from "./text.js";
export { Weights } from "./weights.js";
