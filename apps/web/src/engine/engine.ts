import { deleteStoredModel, listStoredFolders, listStoredModels, removeStoredFolder } from "@internvl/runtime-web";
import { type DtypeOption, InternVL2_5ForConditionalGeneration, InternVL2_5Processor, InternVLError } from "internvl";
import { ask } from "./ask.js";
import { MediaShelf } from "./media-shelf.js";
import { modelName, modelSource } from "./open-model.js";
import { plainError } from "./plain-error.js";
import type {
  AnswerReport,
  AskEvent,
  AskRequest,
  LoadProgress,
  LoadRequest,
  Medium,
  ModelFacts,
  StoredItem,
  VideoPreview,
} from "./protocol.js";
import { ReadingCache } from "./reading-cache.js";
import { previewVideo } from "./video-preview.js";

/** What the worker does for the page: it has the model, what the model has read, and the decoded pictures. */
export class Engine {
  #loaded: { model: InternVL2_5ForConditionalGeneration; processor: InternVL2_5Processor } | undefined;
  readonly #running = new Set<AbortController>();
  readonly #cache = new ReadingCache();
  readonly #shelf = new MediaShelf();

  /** Loads a model in the place of the one before. What was downloaded until a stop is kept, and goes on. */
  load(request: LoadRequest, tell: (progress: LoadProgress) => void): Promise<ModelFacts> {
    return this.#run(async (signal) => {
      const started = performance.now();
      await this.#unload();
      const source = modelSource(request);
      const calls = { signal, progress_callback: tell };
      // What is small and quick first: a model that is not there, or of another kind.
      const processor = await InternVL2_5Processor.from_pretrained(source, calls);
      const dtype = request.dtype as DtypeOption | undefined;
      const model = await InternVL2_5ForConditionalGeneration.from_pretrained(source, {
        ...calls,
        dtype,
        device: request.device,
      });
      this.#loaded = { model, processor };
      return {
        name: modelName(request),
        isDemo: request.choice.kind === "demo",
        device: model.devices.decoder_model_merged,
        dtype: [...new Set(Object.values(model.dtype))].join(", "),
        seconds: (performance.now() - started) / 1000,
        tiling: {
          tile: { ...processor.image_processor.dynamic_size },
          tokensPerTile: processor.image_seq_length,
          useThumbnail: processor.image_processor.use_thumbnail,
          minTiles: processor.image_processor.min_tiles,
          maxTiles: processor.image_processor.max_tiles,
        },
      };
    });
  }

  ask(request: AskRequest, tell: (event: AskEvent) => void): Promise<AnswerReport> {
    return this.#run((signal) =>
      ask({ ...this.#model(), shelf: this.#shelf, cache: this.#cache, request, signal, tell }),
    );
  }

  /** Decodes the frames that the model will see. @throws what `load_video` throws */
  preview(medium: Medium): Promise<VideoPreview> {
    return this.#run(async (signal) => {
      const decoded = await this.#shelf.get(medium, signal);
      if (decoded.kind !== "video") throw new Error("Only a video has frames.");
      return previewVideo(decoded.video);
    });
  }

  /** Stops what is running: a loading, or an answer. */
  stop(): void {
    for (const controller of this.#running) controller.abort();
  }

  async stored(): Promise<StoredItem[]> {
    const [downloads, folders] = await Promise.all([listStoredModels(), listStoredFolders()]);
    return [
      ...downloads.map(({ id, revision, bytes }) => ({ kind: "download", id, revision, bytes }) as const),
      ...folders.map((folder) => ({ kind: "folder", ...folder }) as const),
    ];
  }

  async deleteStored(item: StoredItem): Promise<void> {
    const deleting =
      item.kind === "folder" ? removeStoredFolder(item.name) : deleteStoredModel(item.id, { revision: item.revision });
    await deleting.catch((error: unknown) => {
      throw plainError(error);
    });
  }

  /** What `stop` stops. */
  async #run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      return await work(controller.signal);
    } catch (error) {
      throw plainError(error);
    } finally {
      this.#running.delete(controller);
    }
  }

  #model() {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new InternVLError("RELEASED", { what: "No model is loaded", fix: "Load one." });
  }

  async #unload(): Promise<void> {
    this.#cache.dispose();
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.model.dispose();
  }
}
