import { InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "internvl";

/** What a converted model answers in Node, for pages that must answer the same. */
export async function answerInNode(folder: string, picture: string, question: string): Promise<string> {
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder);
  const processor = await InternVL2_5Processor.from_pretrained(folder);
  const content = [{ type: "image" as const }, { type: "text" as const, text: question }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
  const inputs = await processor({ text, images: picture });
  const [ids] = await model.generate({ ...inputs, max_new_tokens: 128 });
  await model.dispose();
  return processor.decode(ids!.slice(inputs.input_ids[0]!.length), { skip_special_tokens: true }).trim();
}
