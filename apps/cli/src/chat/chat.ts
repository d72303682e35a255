import { statSync } from "node:fs";
import type { Message } from "internvl";
import { errorText, readerGone } from "internvl/convert-command";
import { answerFields, timingLine } from "../model/answer.js";
import { describePicture, loadPicture, type Picture } from "../model/picture.js";
import { questionMessage } from "../model/question.js";
import type { Session } from "../model/session.js";
import { type ChatInput, parseLine } from "./parse-line.js";

export interface ChatSettings {
  json?: boolean;
  stream: boolean;
  debug?: boolean;
}

export const CHAT_HELP = `  A line is a question. Pictures whose paths stand in it, typed or dropped, go with it.
  /image PATH   adds a picture (a URL too) to the next question
  /clear        forgets the conversation and its pictures
  /help         this
  /quit         ends, as Ctrl-D does
  Ctrl-C stops an answer; twice ends the program.`;

/** A conversation: what was said, the pictures that go with it, and what a line does to both. */
export class Chat {
  readonly #session: Session;
  readonly #settings: ChatSettings;
  #messages: Message[] = [];
  #pictures: Picture[] = [];
  /** Pictures that wait for a question. */
  #waiting: Picture[] = [];
  #answering: AbortController | undefined;

  constructor(session: Session, settings: ChatSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  get answering(): boolean {
    return this.#answering !== undefined;
  }

  stopAnswer(): void {
    this.#answering?.abort();
  }

  /** Adds a picture to the next question. */
  async addPicture(source: string): Promise<void> {
    const picture = await loadPicture(source);
    this.#waiting.push(picture);
    say(`+ ${describePicture(picture)}`);
  }

  /** Does what a line says. Errors are told and end nothing. @returns whether the conversation goes on */
  async handle(line: string): Promise<boolean> {
    const input = parseLine(line, isFile);
    if (input.kind === "quit") return false;
    try {
      await this.#act(input);
    } catch (error) {
      this.#refuse(errorText(error, this.#settings.debug === true));
    }
    return true;
  }

  #refuse(reason: string): void {
    say(reason);
    // A person has read it; a script needs to be told.
    if (!process.stdin.isTTY) process.exitCode = 1;
  }

  async #act(input: ChatInput): Promise<void> {
    if (input.kind === "help") say(CHAT_HELP);
    else if (input.kind === "unknown") this.#refuse(`There is no command ${input.command}. /help lists them.`);
    else if (input.kind === "missing") this.#refuse(`There is no file ${input.path}`);
    else if (input.kind === "clear") {
      this.#messages = [];
      this.#pictures = [];
      this.#waiting = [];
      say("Forgotten.");
    } else if (input.kind === "message") {
      for (const path of input.pictures) await this.addPicture(path);
      if (input.text !== "") await this.#ask(input.text);
    }
  }

  async #ask(question: string): Promise<void> {
    const asked = this.#waiting;
    const messages = [...this.#messages, questionMessage(question, asked.length)];
    const pictures = [...this.#pictures, ...asked];
    const { json, stream } = this.#settings;
    const onText = json || !stream ? undefined : (text: string) => void process.stdout.write(text);
    this.#answering = new AbortController();
    const signal = AbortSignal.any([this.#answering.signal, readerGone]);
    try {
      const answer = await this.#session.ask(messages, pictures, { signal, onText });
      // An answer that was stopped before its first word would be a turn without text.
      if (answer.text !== "") {
        this.#messages = [...messages, { role: "assistant", content: answer.text }];
        this.#pictures = pictures;
        this.#waiting = [];
      }
      if (json) {
        const images = asked.map(({ source }) => source);
        process.stdout.write(`${JSON.stringify({ images, question, ...answerFields(answer) })}\n`);
      } else {
        process.stdout.write(onText === undefined ? `${answer.text}\n` : "\n");
        say(`${timingLine(answer)}\n`);
      }
    } finally {
      this.#answering = undefined;
    }
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
