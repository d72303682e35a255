import type { InternVL2_5Processor } from "internvl";

export type Tokenizer = InternVL2_5Processor["tokenizer"];
