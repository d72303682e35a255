import {
  buildChatPrompt,
  type ChatTurn,
  type Message,
  ORIGINAL_SYSTEM_MESSAGE,
  renderChatTemplate,
  resolveChatTemplate,
} from "@internvl/processor";
import { sha256 } from "../hash.js";
import type { GroupReport } from "../report.js";
import { checkProcessorCalls } from "./chat-processor.js";
import type { Group } from "./group.js";

interface ConversationRow {
  name: string;
  messages: Message[];
  add_generation_prompt: boolean;
  hf_script_template: string;
  hf_context_token_template: string;
  /** Null where the original code refuses the conversation, absent without a generation prompt. */
  original_get_prompt?: string | null;
  original_get_prompt_empty_system?: string | null;
}

interface ExpansionRow {
  name: string;
  question: string;
  num_patches_list: number[];
  history: ChatTurn[] | null;
  num_image_token: number;
  pixel_values: boolean;
  prompt_before: string;
  expanded_sha256: string;
}

interface ChatJson {
  seed_expected: { messages: Message[]; add_generation_prompt: boolean; expected: string };
  seed_expected_2: { messages_a: Message[]; messages_b: Message[]; add_generation_prompt: boolean; expected: string };
  hf_script_template: string;
  hf_context_token_template: string;
  original: { system_message: string };
  conversations: ConversationRow[];
  original_chat_expansion: ExpansionRow[];
}

/** Conversations as prompts, and calls of the processor. */
export const chat: Group = async (context) => {
  const { golden, report } = context;
  const json = await golden.json<ChatJson>("chat.json");
  if (json === undefined) report.skip("no chat.json");
  else await checkTemplates(report, json);
  await checkProcessorCalls(context);
};

async function checkTemplates(report: GroupReport, json: ChatJson): Promise<void> {
  const { seed_expected: one, seed_expected_2: two } = json;
  for (const { messages, add_generation_prompt, expected } of [
    one,
    { ...two, messages: two.messages_a },
    { ...two, messages: two.messages_b },
  ]) {
    report.same("seed_expected", render("seed", { messages, add_generation_prompt }), expected);
  }
  report.same("system message of the original", ORIGINAL_SYSTEM_MESSAGE, json.original.system_message);
  for (const row of json.conversations) {
    await report.attempt(row.name, () => checkConversation(report, json, row));
  }
  for (const row of json.original_chat_expansion) {
    await report.attempt(row.name, () => checkExpansion(report, row));
  }
}

function checkConversation(report: GroupReport, json: ChatJson, row: ConversationRow): void {
  const { messages, add_generation_prompt } = row;
  const variables = { messages, add_generation_prompt };
  const check = (template: string) => `${row.name}, generation prompt ${add_generation_prompt}, ${template}`;
  report.same(check("seed"), render("seed", variables), row.hf_script_template);
  report.same(check("script"), render(json.hf_script_template, variables), row.hf_script_template);
  const contexts = render(json.hf_context_token_template, variables);
  report.same(check("context tokens"), contexts, row.hf_context_token_template);
  if (row.original_get_prompt === null) {
    report.same(
      check("original"),
      refusal(() => render("original", variables)),
      "TEMPLATE_INVALID",
    );
  } else if (row.original_get_prompt !== undefined) {
    report.same(check("original"), render("original", variables), row.original_get_prompt);
    const empty = render("original", { ...variables, system_message: "" });
    report.same(check("original, empty system"), empty, row.original_get_prompt_empty_system);
  }
}

async function checkExpansion(report: GroupReport, row: ExpansionRow): Promise<void> {
  const { question, history, num_patches_list, num_image_token } = row;
  const num_tiles = row.pixel_values ? num_patches_list.reduce((sum, patches) => sum + patches, 0) : null;
  const built = buildChatPrompt({ question, history, num_patches_list, num_image_token, num_tiles });
  report.same(`chat() ${row.name} before expansion`, built.prompt_before_image_expansion, row.prompt_before);
  report.same(`chat() ${row.name} sha256`, await sha256(built.prompt), row.expanded_sha256);
}

function render(template: string, variables: { messages: Message[]; [name: string]: unknown }): string {
  return renderChatTemplate(resolveChatTemplate(template), variables);
}

function refusal(body: () => unknown): string {
  try {
    body();
    return "no error";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
