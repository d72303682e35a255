/** Why an answer ended: the library's reasons, and `"stopped"` by the person. */
export type FinishReason = "eos" | "length" | "stop_string" | "criteria" | "time" | "stopped";
