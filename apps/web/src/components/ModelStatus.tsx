import { loadText } from "../state/format.js";
import { Problem } from "./Problem.js";
import { useSession, useStore } from "./session-context.js";

/** What becomes of the model, while it is not simply there. */
export function ModelStatus({ onOpen }: { onOpen: () => void }) {
  const session = useSession();
  const [{ model, turns }] = useStore();
  if (model.status === "ready") {
    if (!model.facts.isDemo || turns.length > 0) return <p class="hidden">Ready</p>;
    return (
      <p class="notice">
        <span class="hidden">Ready. </span>
        The demo model answers. It knows coloured shapes, numbers and words on signs, and no photographs.{" "}
        <button type="button" class="link" onClick={onOpen}>
          Choose another model
        </button>
      </p>
    );
  }
  if (model.status === "loading") {
    const { progress } = model;
    const part = progress?.total ? progress.loaded / progress.total : undefined;
    return (
      <div class="notice">
        <p role="status">{loadText(progress)}</p>
        <progress aria-label="Loading the model" max={1} value={part} />
        {model.request.choice.kind !== "demo" && (
          <button type="button" onClick={() => void session.pause()}>
            Pause
          </button>
        )}
      </div>
    );
  }
  if (model.status === "paused") {
    return (
      <div class="notice">
        <p role="status">Paused. What was downloaded is kept.</p>
        <button type="button" class="main" onClick={() => void session.resume()}>
          Resume
        </button>
      </div>
    );
  }
  return (
    <div class="notice">
      <Problem problem={model.problem} />
      <div class="buttons">
        <button type="button" class="main" onClick={() => void session.resume()}>
          Load the model again
        </button>
        <button type="button" onClick={onOpen}>
          Choose another model
        </button>
      </div>
    </div>
  );
}
