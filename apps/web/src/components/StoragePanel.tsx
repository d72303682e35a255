import { useEffect, useState } from "preact/hooks";
import type { StoredModelInfo } from "../engine/protocol.js";
import { formatBytes } from "../state/format.js";
import { problemOf } from "../state/problem.js";
import type { Problem as ProblemState } from "../state/types.js";
import { Problem } from "./Problem.js";
import { useSession, useStore } from "./session-context.js";

interface Stored {
  usage?: number;
  quota?: number;
  models: StoredModelInfo[];
}

/** What this page keeps in the browser. */
export function StoragePanel() {
  const { engine } = useSession();
  const [{ isKept }] = useStore();
  const [stored, setStored] = useState<Stored>({ models: [] });
  const [problem, setProblem] = useState<ProblemState | undefined>(undefined);
  const fail = (error: unknown) => setProblem(problemOf(error));
  const read = async () => {
    const { usage, quota } = await navigator.storage.estimate();
    setStored({ usage, quota, models: (await engine?.storedModels()) ?? [] });
  };
  useEffect(() => {
    read().catch(fail);
  }, []);
  const remove = async ({ id, revision }: StoredModelInfo) => {
    await engine?.deleteModel(id, revision);
    await read();
  };
  const { usage, quota, models } = stored;
  return (
    <section class="storage" aria-label="Storage">
      <h3>Storage</h3>
      {usage !== undefined && quota !== undefined && (
        <p class="faint">
          {formatBytes(usage)} used, {formatBytes(quota - usage)} free for this page.
        </p>
      )}
      {isKept && <p class="faint">This page and the demo model work without a network now.</p>}
      {models.length === 0 ? (
        <p class="faint">No model of the Hub is stored.</p>
      ) : (
        <ul>
          {models.map((model) => (
            <li key={`${model.id}@${model.revision}`}>
              <span>
                {model.id} <small>{formatBytes(model.bytes)}</small>
              </span>
              <button type="button" aria-label={`Delete ${model.id}`} onClick={() => void remove(model).catch(fail)}>
                Delete
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem !== undefined && <Problem problem={problem} />}
    </section>
  );
}
