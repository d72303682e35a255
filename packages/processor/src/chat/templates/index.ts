import { ORIGINAL_TEMPLATE } from "./original.js";
import { SCRIPT_TEMPLATE } from "./script.js";
import { SEED_TEMPLATE } from "./seed.js";

/** The three templates that InternVL 2.5 is known by. `"seed"` is the default. */
export type ChatTemplateName = "seed" | "script" | "original";

export const CHAT_TEMPLATES: Readonly<Record<ChatTemplateName, string>> = {
  seed: SEED_TEMPLATE,
  script: SCRIPT_TEMPLATE,
  original: ORIGINAL_TEMPLATE,
};

/** A template and what messages call it. */
export interface ChatTemplate {
  name: string;
  text: string;
}

/** A template by its name, or by its text. */
export function resolveChatTemplate(template: string): ChatTemplate {
  return Object.hasOwn(CHAT_TEMPLATES, template)
    ? { name: template, text: CHAT_TEMPLATES[template as ChatTemplateName] }
    : { name: "the template that was passed", text: template };
}
