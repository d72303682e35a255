import { Command } from "commander";
import { exitStopped, interruptible, isAbort, StatusLine } from "internvl/convert-command";
import { answerFields, timingLine } from "../model/answer.js";
import { sayWhoAnswers } from "../model/notices.js";
import { loadPicture, type Picture } from "../model/picture.js";
import { questionMessage } from "../model/question.js";
import { Session } from "../model/session.js";
import { addCommonOptions, type CommonOptions } from "../options.js";

interface Options extends CommonOptions {
  question: string[];
  each?: boolean;
}

export function describeCommand(): Command {
  const command = new Command("describe")
    .description("Answer a question about pictures, or describe them")
    .argument("<image...>", "paths or URLs")
    .option("-q, --question <text>", "what to ask; again for several, each on its own", collect, [])
    .option("--each", "ask about each picture on its own instead of all together");
  return addCommonOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  internvl describe photo.jpg
  internvl describe sign.png -q "What does the sign say?" -q "What color is it?"
  internvl describe *.png --each --json > answers.jsonl
  internvl describe a.png b.png -q "Image-1: <image>
Image-2: <image>
What is different?"

Answers go to stdout, everything else to stderr. Ctrl-C stops the answer (exit code 130).`,
    )
    .action(describe);
}

async function describe(sources: string[], options: Options): Promise<void> {
  const status = new StatusLine(process.stderr);
  try {
    await interruptible(
      (signal) => answerAll(sources, options, status, signal),
      () => status.clear(),
    );
  } catch (error) {
    status.clear();
    if (!isAbort(error)) throw error;
    process.stderr.write("Stopped.\n");
    exitStopped();
  }
}

async function answerAll(sources: string[], options: Options, status: StatusLine, signal: AbortSignal): Promise<void> {
  // A picture that cannot be read is found before a large model is loaded.
  const pictures: Picture[] = [];
  for (const source of sources) pictures.push(await loadPicture(source, { signal }));
  const groups = options.each ? pictures.map((picture) => [picture]) : [pictures];
  const session = await Session.open(options, status, signal);
  try {
    sayWhoAnswers(session);
    const asks = groups.flatMap((group) => questionsAbout(group, options).map((question) => ({ group, question })));
    for (const { group, question } of asks) {
      if (asks.length > 1 && !options.json) printQuestion(question, options.each ? group : []);
      await answer(session, group, question, options, signal);
      if (signal.aborted) return exitStopped();
    }
  } finally {
    await session.close();
  }
}

async function answer(
  session: Session,
  pictures: readonly Picture[],
  question: string,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const onText = options.json || !options.stream ? undefined : (text: string) => void process.stdout.write(text);
  const result = await session.ask([questionMessage(question, pictures.length)], pictures, { signal, onText });
  if (options.json) {
    const images = pictures.map(({ source }) => source);
    process.stdout.write(`${JSON.stringify({ images, question, ...answerFields(result) })}\n`);
    return;
  }
  process.stdout.write(onText === undefined ? `${result.text}\n` : "\n");
  process.stderr.write(`${timingLine(result)}\n`);
}

function questionsAbout(pictures: readonly Picture[], { question }: Options): string[] {
  if (question.length > 0) return question;
  return [pictures.length === 1 ? "Please describe this image." : "Please describe these images."];
}

function printQuestion(question: string, pictures: readonly Picture[]): void {
  const about = pictures.map(({ source }) => `${source}: `).join("");
  process.stdout.write(`\n> ${about}${question}\n`);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
