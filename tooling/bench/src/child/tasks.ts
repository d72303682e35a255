import { createRequire } from "node:module";
import { createNodeInference, nodeRuntime } from "@internvl/runtime-node";
import {
  convertCheckpoint,
  type Dtype,
  type DtypeOption,
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  load_video,
  openModel,
  openSink,
  type ProgressCallback,
  type VideoBackend,
} from "internvl";
import { convertFolder } from "internvl/convert-command";
import { NOTHING_KEPT } from "../benchmarks/benchmark.js";
import { timed } from "../measure.js";
import { randomBits } from "../random.js";
import { BlockWatch } from "./blocks.js";
import { peakResidentBytes, type ResidentParts, residentParts } from "./memory.js";
import { scalingTasks } from "./scaling-tasks.js";
import { soak } from "./soak.js";
import { Standstill } from "./standstill.js";

export interface LoadArguments {
  model: string;
  dtype: DtypeOption;
  threads: number;
}

interface AnswerArguments extends LoadArguments {
  picture: string;
  newTokens: number;
  /** Whether onnxruntime's sessions keep what they computed with for the next run, as they do by default. */
  arenas?: boolean;
}

interface AbortArguments extends LoadArguments {
  count: number;
  seed: number;
}

/** What is measured in a process of its own, because its memory is of interest. Arguments and results are JSON. */
export const tasks = {
  ...scalingTasks,

  async convert({ source, target, dtype, link }: { source: string; target: string; dtype: Dtype; link?: boolean }) {
    const files = await openModel(source);
    const sink = await openSink(target);
    const { result, ms } = await timed(() => convertCheckpoint(files, sink, { dtype, link }));
    return { ms, bytesWritten: result.byteLength };
  },

  /** What `internvl-convert` does, its check left out: that loads the model, whose memory is another matter. */
  async convertFolder({ input, output, dtype }: { input: string; output: string; dtype: Dtype }) {
    const standstill = new Standstill();
    const options = { input, output, dtype: [dtype], verify: false, progress_callback: standstill.report };
    const { result, ms } = await timed(() => convertFolder(options));
    return { ms, bytesWritten: result.byteLength, standstill: standstill.end() };
  },

  async video({ path, numFrames, backend }: { path: string; numFrames: number; backend: VideoBackend }) {
    const { result, ms } = await timed(() => load_video(path, { num_frames: numFrames, backend }));
    return { ms, frames: result.frames.length };
  },

  async load({ model, dtype, threads }: LoadArguments) {
    const { ms } = await timed(() => InternVL2_5ForConditionalGeneration.from_pretrained(model, { dtype, threads }));
    return { ms, residentBytes: process.memoryUsage.rss() };
  },

  /** One answer about one picture, from the file to the text, with the memory at the end of each stage. */
  async answer({ model: folder, picture, dtype, threads, newTokens, arenas = true }: AnswerArguments) {
    const peaks: Record<string, number> = {};
    const parts: Record<string, ResidentParts | undefined> = {};
    const look = (stage: string) => {
      peaks[stage] = peakResidentBytes();
      parts[stage] = residentParts();
    };
    look("start");
    const inference = arenas ? nodeRuntime.inference : createNodeInference({ enableCpuMemArena: false });
    const runtime = { ...nodeRuntime, inference };
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, runtime });
    look("load");
    const progress_callback: ProgressCallback = ({ stage }) => look(stage);
    const processor = await InternVL2_5Processor.from_pretrained(folder);
    const { result, ms } = await timed(async () => {
      const inputs = await processor({ text: "<image>\nDescribe this image.", images: picture });
      look("preprocess");
      return model.generate({ ...inputs, max_new_tokens: newTokens, eos_token_id: [], progress_callback });
    });
    return { ms, tokens: result[0]!.length, peaks, parts };
  },

  /** The longest blocks of this thread while a model in a worker answers about a picture: of its preparation, of the answer. */
  async blocks({ model: folder, picture, dtype, threads, newTokens }: AnswerArguments) {
    const loading = { dtype, threads, worker: true };
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading);
    const processor = await InternVL2_5Processor.from_pretrained(folder);
    const watch = new BlockWatch();
    const inputs = await processor({ text: "<image>\nDescribe this image.", images: picture });
    const ofProcessor = watch.take();
    await model.generate({ ...inputs, max_new_tokens: newTokens, eos_token_id: [] });
    const ofGenerate = watch.take();
    watch.stop();
    await model.dispose();
    return { processor: ofProcessor, generate: ofGenerate };
  },

  soak,

  /** Stops answers at moments that the seed chooses. Memory after each, once garbage is collected. */
  async aborts({ model: folder, dtype, threads, count, seed }: AbortArguments) {
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, {
      dtype,
      threads,
      ...NOTHING_KEPT,
    });
    const processor = await InternVL2_5Processor.from_pretrained(folder);
    const picture = createRequire(import.meta.url).resolve("@internvl/demo-model/samples/shapes-square.png");
    const inputs = await processor({ text: "<image>\nHow many shapes are there?", images: picture });
    const answer = async () => String(await model.generate({ ...inputs, max_new_tokens: 40, min_new_tokens: 40 }));
    const expected = await answer();
    const { ms } = await timed(answer);

    const bits = randomBits(seed);
    const residentBytes: number[] = [];
    const usedBytes: number[] = [];
    const stages = new Map<string, number>();
    for (let round = 0; round < count; round++) {
      const controller = new AbortController();
      let stage = "start";
      const timer = setTimeout(() => controller.abort(), (ms * (bits() % 1000)) / 1000);
      const streamer = { put: () => (stage = "steps"), end() {} };
      const progress_callback: ProgressCallback = (progress) => (stage = progress.stage);
      const watched = { streamer, progress_callback, signal: controller.signal };
      await model
        .generate({ ...inputs, ...watched, max_new_tokens: 80, min_new_tokens: 80 })
        .catch((error: unknown) => {
          if (!controller.signal.aborted) throw error;
          stages.set(stage, (stages.get(stage) ?? 0) + 1);
        });
      clearTimeout(timer);
      globalThis.gc!();
      const { rss, heapUsed, external } = process.memoryUsage();
      residentBytes.push(rss);
      usedBytes.push(heapUsed + external);
    }
    const sameAnswer = (await answer()) === expected;
    await model.dispose();
    return {
      residentBytes,
      usedBytes,
      sameAnswer,
      stages: [...stages].map(([name, times]) => `${name} ${times}`).join(", "),
    };
  },
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
