import { createHash } from "node:crypto";
import {
  buildChatPrompt,
  CHAT_TEMPLATES,
  type ChatTurn,
  MAX_TEMPLATE_OUTPUT,
  type Message,
  ORIGINAL_SYSTEM_MESSAGE,
  renderChatTemplate,
  resolveChatTemplate,
} from "@internvl/processor";
import { describe, expect, test } from "vitest";
import { failure, fixture } from "./fixtures.js";

interface ChatGolden {
  seed_expected: { messages: Message[]; expected: string };
  seed_expected_2: { messages_a: Message[]; messages_b: Message[]; expected: string };
  hf_script_template: string;
  hf_context_token_template: string;
  original: { system_message: string };
  conversations: {
    name: string;
    messages: Message[];
    add_generation_prompt: boolean;
    hf_script_template: string;
    hf_context_token_template: string;
    original_get_prompt?: string | null;
    original_get_prompt_empty_system?: string | null;
  }[];
  original_chat_expansion: {
    name: string;
    question: string;
    num_patches_list: number[];
    history: ChatTurn[] | null;
    num_image_token: number;
    pixel_values: boolean;
    prompt_before: string;
    expanded_sha256: string;
  }[];
}

const golden = fixture<ChatGolden>("chat.json");
const render = (template: string, variables: object): string =>
  renderChatTemplate(resolveChatTemplate(template), { ...variables });

describe("templates", () => {
  test("the seed page's strings are the default's", () => {
    const { seed_expected: one, seed_expected_2: two } = golden;
    const variables = { add_generation_prompt: true };
    expect(render("seed", { messages: one.messages, ...variables })).toBe(one.expected);
    expect(render("seed", { messages: two.messages_a, ...variables })).toBe(two.expected);
    expect(render("seed", { messages: two.messages_b, ...variables })).toBe(two.expected);
  });

  test("the conversion script's starts with a system message of its own", () => {
    const question = { role: "user", content: "What kind of dog is this?" };
    expect(render("script", { messages: [question], add_generation_prompt: true })).toBe(
      "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nWhat kind of dog is this?<|im_end|>\n<|im_start|>assistant\n",
    );
    const system = { role: "system", content: "Be short." };
    expect(render("script", { messages: [system, question] })).toBe(render("seed", { messages: [system, question] }));
  });

  test("the original's system message is the checkpoints'", () => {
    expect(ORIGINAL_SYSTEM_MESSAGE).toBe(golden.original.system_message);
  });

  test.each(golden.conversations)("$name, generation prompt $add_generation_prompt", async (row) => {
    const { messages, add_generation_prompt } = row;
    const variables = { messages, add_generation_prompt };
    expect(render("seed", variables)).toBe(row.hf_script_template);
    expect(render(golden.hf_script_template, variables)).toBe(row.hf_script_template);
    expect(render(golden.hf_context_token_template, variables)).toBe(row.hf_context_token_template);
    if (row.original_get_prompt === null) {
      const error = await failure(() => render("original", variables));
      expect(error.message).toContain("the original code knows the roles user and assistant");
    } else if (row.original_get_prompt !== undefined) {
      expect(render("original", variables)).toBe(row.original_get_prompt);
      expect(render("original", { ...variables, system_message: "" })).toBe(row.original_get_prompt_empty_system);
    }
  });
});

describe("chat()'s prompt", () => {
  test.each(golden.original_chat_expansion)("$name", (row) => {
    const { question, history, num_patches_list, num_image_token } = row;
    const num_tiles = row.pixel_values ? num_patches_list.reduce((sum, patches) => sum + patches, 0) : null;
    const built = buildChatPrompt({ question, history, num_patches_list, num_image_token, num_tiles });
    expect(built.prompt_before_image_expansion).toBe(row.prompt_before);
    expect(createHash("sha256").update(built.prompt).digest("hex")).toBe(row.expanded_sha256);
  });

  test("without a list all tiles are one picture's", () => {
    const built = buildChatPrompt({ question: "What?", num_tiles: 2, num_image_token: 1, template: "seed" });
    expect(built.question).toBe("<image>\nWhat?");
    expect(built.prompt).toBe(
      "<|im_start|>user\n<img><IMG_CONTEXT><IMG_CONTEXT></img>\nWhat?<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  test("a list that does not add up is an error, as in the original", async () => {
    const options = { question: "What?", num_tiles: 3, num_patches_list: [1, 1], num_image_token: 1 };
    const error = await failure(() => buildChatPrompt(options));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain("Expected a sum of 3, got 2 (1 + 1)");
  });

  test("a template may be given a system message of the caller's", () => {
    const built = buildChatPrompt({ question: "Hi", num_image_token: 1, system_message: "Be short." });
    expect(built.prompt.startsWith("<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nHi")).toBe(true);
  });
});

describe("bad templates", () => {
  test.each([
    ["a syntax error", "{% for m in messages %}", ""],
    ["an exception of its own", "{{ raise_exception('no such role') }}", "no such role"],
    ["a loop without end", `{% for a in range(9999) %}${"{{ a }}".repeat(60)}{% endfor %}`, "more than 500000 steps"],
    ["a list that fills the memory", "{{ range(1000000000) | length }}", "range() of 1000000000 numbers"],
    [
      "a text that fills the memory",
      "{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
      "",
    ],
    ["a macro that calls itself", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ""],
  ])("%s", async (_, text, message) => {
    const error = await failure(() => renderChatTemplate({ name: "mine.jinja", text }, { messages: [] }));
    expect(error.code).toBe("TEMPLATE_INVALID");
    expect(error.message).toContain('"mine.jinja"');
    expect(error.message).toContain(message);
  });

  test("output beyond any context", async () => {
    const variables = { messages: [{ role: "user", content: "x".repeat(MAX_TEMPLATE_OUTPUT) }] };
    const error = await failure(() => renderChatTemplate({ name: "seed", text: CHAT_TEMPLATES.seed }, variables));
    expect(error.parts.expected).toBe("at most 4194304 characters");
  });
});

test("templates know what Transformers gives them", () => {
  const text = "{{ strftime_now('%Y') }} {{ range(1, 7, 2) | join(',') }} {{ 'yes' if True and tools is none }}";
  expect(render(text, { tools: null })).toBe(`${new Date().getFullYear()} 1,3,5 yes`);
});
