import type { InternVL2_5ForConditionalGeneration, InternVL2_5Processor, ProgressInfo } from "internvl";
import { STOPPED } from "../state/problem.js";
import { answerDecoder } from "./answer-decoder.js";
import { type MediaShelf, mediumKey } from "./media-shelf.js";
import { escapesQuestions, messagesOf } from "./messages.js";
import type { AnswerReport, AskEvent, AskRequest, StageName } from "./protocol.js";
import type { ReadingCache } from "./reading-cache.js";
import { TimedStreamer } from "./timed-streamer.js";
import { tokenInfo } from "./token-info.js";
import type { Tokenizer } from "./tokenizer.js";

/** How many tokens are named beside the one that was chosen. */
const ALTERNATIVES = 5;

export interface Asking {
  model: InternVL2_5ForConditionalGeneration;
  processor: InternVL2_5Processor;
  shelf: MediaShelf;
  cache: ReadingCache;
  request: AskRequest;
  signal: AbortSignal;
  tell: (event: AskEvent) => void;
}

/** The answer to a conversation's last turn; when the signal stops it, the answer so far. */
export async function ask({ model, processor, shelf, cache, request, signal, tell }: Asking): Promise<AnswerReport> {
  const started = performance.now();
  const stage = (name: StageName, done: number, total: number) => tell({ kind: "stage", stage: name, done, total });
  const inputs = await prepare({ processor, shelf, request, signal, stage });

  const { min, max } = request.tiles;
  const keys = request.turns.flatMap(({ media }) => media).map((medium) => `${mediumKey(medium)}:${min}-${max}`);
  const past_key_values = cache.for(model, inputs.input_ids, keys);
  const report: AnswerReport = {
    text: "",
    finishReason: "stopped",
    tiles: inputs.pixel_values?.dims[0] ?? 0,
    tilesRead: 0,
    promptTokens: inputs.input_ids[0]!.length,
    cachedTokens: past_key_values.length,
    generatedTokens: 0,
    firstTokenSeconds: null,
    writeSeconds: 0,
  };
  const progress_callback = ({ stage: name, loaded, total = 0 }: ProgressInfo) => {
    if (name === "vision") report.tilesRead = total;
    if (name === "vision" || name === "prefill") stage(name, loaded, total);
  };
  const decoder = answerDecoder(processor.tokenizer);
  // Beams rewrite what they have said, so nothing of them can be streamed.
  const streams = !(Number(request.options["num_beams"] ?? 1) > 1);
  const streamer = streams ? new TimedStreamer(decoder, { top_logprobs: ALTERNATIVES }) : undefined;
  const reading =
    streamer === undefined
      ? undefined
      : readTokens({ streamer, tokenizer: processor.tokenizer, report, started, tell });
  try {
    const result = await model.generate({
      ...inputs,
      ...request.options,
      past_key_values,
      progress_callback,
      signal,
      return_dict_in_generate: true,
      ...(streamer !== undefined && { streamer }),
    });
    await reading;
    report.finishReason = result.finish_reasons[0]!;
    if (request.options["do_sample"]) report.seed = result.seed;
    if (!streams) {
      const answer = result.sequences[0]!.slice(report.promptTokens);
      report.text = decoder.decode(answer).trim();
      report.generatedTokens = answer.length;
    }
  } catch (error) {
    await reading?.catch(() => {});
    if (!(error instanceof Error && error.name === STOPPED)) throw error;
  }
  report.text = report.text.trimEnd();
  return report;
}

interface Preparing extends Pick<Asking, "processor" | "shelf" | "request" | "signal"> {
  stage: (name: StageName, done: number, total: number) => void;
}

/** Decodes what is new, cuts it into tiles and tokenises the conversation. */
async function prepare({ processor, shelf, request, signal, stage }: Preparing) {
  const media = request.turns.flatMap((turn) => turn.media);
  shelf.keepOnly(media);
  const images = [];
  const videos = [];
  for (const [index, medium] of media.entries()) {
    stage("decode", index, media.length);
    const decoded = await shelf.get(medium, signal);
    if (decoded.kind === "picture") images.push(decoded.image);
    else videos.push(decoded.video);
  }
  return processor.apply_chat_template(messagesOf(request.turns), {
    tokenize: true,
    return_dict: true,
    add_generation_prompt: true,
    escape_special_tokens: escapesQuestions(request.turns),
    images: images.length > 0 ? images : null,
    videos: videos.length > 0 ? videos : null,
    min_tiles: request.tiles.min,
    max_tiles: request.tiles.max,
    signal,
    progress_callback: ({ stage: name, loaded, total = 0 }) => {
      if (name === "preprocess") stage("preprocess", loaded, total);
    },
  });
}

interface Reading extends Pick<Asking, "tell"> {
  streamer: TimedStreamer;
  tokenizer: Tokenizer;
  report: AnswerReport;
  started: number;
}

async function readTokens({ streamer, tokenizer, report, started, tell }: Reading): Promise<void> {
  for await (const event of streamer) {
    const { first = started, newest = first } = streamer;
    report.firstTokenSeconds = (first - started) / 1000;
    report.writeSeconds = (newest - first) / 1000;
    report.generatedTokens += 1;
    // Models like to begin with a space.
    const piece = report.text === "" ? event.piece.trimStart() : event.piece;
    report.text += piece;
    tell({ kind: "token", piece, token: tokenInfo(event, tokenizer) });
  }
}
