import {
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  InternVLError,
  load_image,
  TextIteratorStreamer,
} from "internvl";

const form = document.querySelector("form")!;
const status = document.querySelector("[role=status]")!;
const answer = document.querySelector("output")!;
const ask = form.querySelector<HTMLButtonElement>("[type=submit]")!;
const stop = form.querySelector<HTMLButtonElement>("[name=stop]")!;

// A folder that `internvl-convert` wrote, on this server. In a worker, so that the page stays alive while the model computes.
const folder = new URL("model", document.baseURI).href;
const processor = await InternVL2_5Processor.from_pretrained(folder);
const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, {
  worker: true,
  progress_callback: ({ stage, name = "" }) => say(`${stage} ${name}`),
});
say("Ready");
ask.disabled = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const controller = new AbortController();
  stop.onclick = () => controller.abort();
  ask.disabled = true;
  stop.disabled = false;
  answer.textContent = "";
  try {
    await answerTo(data.get("picture") as File, data.get("question") as string, controller.signal);
    say("Ready");
  } catch (error) {
    say(InternVLError.isInstance(error) ? error.message : String(error));
  } finally {
    ask.disabled = false;
    stop.disabled = true;
  }
});

async function answerTo(picture: File, question: string, signal: AbortSignal): Promise<void> {
  const content = [{ type: "image" as const }, { type: "text" as const, text: question }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
  const inputs = await processor({ text, images: await load_image(picture), signal });
  const streamer = new TextIteratorStreamer(processor, { skip_prompt: true, skip_special_tokens: true });
  const progress_callback = ({ stage, loaded, total }: { stage: string; loaded: number; total?: number }) =>
    say(`${stage} ${loaded} of ${total}`);
  const running = model.generate({ ...inputs, max_new_tokens: 128, streamer, signal, progress_callback });
  for await (const piece of streamer) answer.textContent += piece;
  await running;
}

function say(text: string): void {
  status.textContent = text;
}
