import { SEED_TEMPLATE } from "./seed.js";

/**
 * The template that the conversion script of pull request 36003 wrote: Qwen2.5's, which starts with a system message of
 * its own when the conversation has none.
 */
export const SCRIPT_TEMPLATE: string = `
{%- if not messages or messages[0]['role'] != 'system' %}
    {{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
{%- endif %}${SEED_TEMPLATE}`;
