import { Command } from "commander";
import {
  dieBy,
  EXIT_INTERRUPTED,
  exitStopped,
  interruptible,
  isAbort,
  readerGone,
  StatusLine,
} from "internvl/convert-command";
import { CHAT_HELP, Chat } from "../chat/chat.js";
import { Interrupts } from "../chat/interrupts.js";
import { pipedLines, terminalLines } from "../chat/lines.js";
import { sayWhoAnswers } from "../model/notices.js";
import { Session } from "../model/session.js";
import { addCommonOptions, type CommonOptions } from "../options.js";

interface Options extends CommonOptions {
  debug?: boolean;
}

export function chatCommand(): Command {
  const command = new Command("chat")
    .description("A conversation about pictures, over several turns")
    .argument("[image...]", "pictures of the first question");
  return addCommonOptions(command)
    .addHelpText(
      "after",
      `
In the chat:
${CHAT_HELP}

Examples:
  internvl chat photo.jpg
  printf '%s\\n' "./sign.png What does it say?" "What color is it?" | internvl chat`,
    )
    .action(chat);
}

async function chat(sources: string[], options: Options): Promise<void> {
  const status = new StatusLine(process.stderr);
  let session: Session;
  try {
    session = await interruptible(
      (signal) => Session.open(options, status, signal),
      () => status.clear(),
    );
  } catch (error) {
    status.clear();
    if (!isAbort(error)) throw error;
    return exitStopped();
  }
  try {
    await converse(session, sources, options);
  } finally {
    await session.close();
  }
}

async function converse(session: Session, sources: readonly string[], options: Options): Promise<void> {
  sayWhoAnswers(session);
  const isPerson = process.stdin.isTTY === true;
  if (isPerson) process.stderr.write("/help says what there is, Ctrl-D ends.\n");
  const conversation = new Chat(session, options);
  for (const source of sources) await conversation.addPicture(source);

  const interrupts = new Interrupts();
  const interrupt = () => {
    const action = interrupts.press(conversation.answering);
    if (action === "quit") quit(conversation);
    else if (action === "stop-answer") conversation.stopAnswer();
    else process.stderr.write("\nCtrl-C again ends the program.\n");
  };
  process.on("SIGINT", interrupt);
  try {
    const lines = isPerson ? terminalLines(interrupt) : pipedLines();
    for (let line = await lines.next(); line !== null; line = await lines.next()) {
      interrupts.reset();
      if (!(await conversation.handle(line)) || readerGone.aborted) break;
    }
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** At the prompt the terminal has to be given back as it was; within an answer the model's thread forbids an exit. */
function quit(conversation: Chat): void {
  if (conversation.answering) dieBy("SIGINT");
  else process.exit(EXIT_INTERRUPTED);
}
