import { InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "internvl";

/** What a converted model answers in Node, in a conversation about one picture, for pages that must answer the same. */
export async function answersInNode(folder: string, picture: string, questions: readonly string[]): Promise<string[]> {
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder);
  const processor = await InternVL2_5Processor.from_pretrained(folder);
  const messages: { role: string; content: string | ({ type: "image" } | { type: "text"; text: string })[] }[] = [];
  const answers: string[] = [];
  for (const question of questions) {
    const text = { type: "text" as const, text: question };
    messages.push({ role: "user", content: messages.length === 0 ? [{ type: "image" }, text] : [text] });
    const prompt = processor.apply_chat_template(messages, { add_generation_prompt: true });
    const inputs = await processor({ text: prompt, images: picture });
    const [ids] = await model.generate({ ...inputs, max_new_tokens: 256 });
    const answer = processor.decode(ids!.slice(inputs.input_ids[0]!.length), { skip_special_tokens: true }).trim();
    answers.push(answer);
    messages.push({ role: "assistant", content: answer });
  }
  await model.dispose();
  return answers;
}
