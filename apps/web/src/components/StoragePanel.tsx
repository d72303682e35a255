import { useEffect, useState } from "preact/hooks";
import type { StoredItem } from "../engine/protocol.js";
import { formatBytes, storedName } from "../state/format.js";
import { problemOf } from "../state/problem.js";
import type { Problem as ProblemState } from "../state/types.js";
import { Problem } from "./Problem.js";
import { useSession, useStore } from "./session-context.js";

interface Stored {
  usage?: number;
  quota?: number;
  items: StoredItem[];
}

/** What this page keeps in the browser. */
export function StoragePanel() {
  const { engine } = useSession();
  const [{ isKept }] = useStore();
  const [stored, setStored] = useState<Stored>({ items: [] });
  const [problem, setProblem] = useState<ProblemState | undefined>(undefined);
  const fail = (error: unknown) => setProblem(problemOf(error));
  const read = async () => {
    const { usage, quota } = await navigator.storage.estimate();
    setStored({ usage, quota, items: (await engine?.stored()) ?? [] });
  };
  useEffect(() => {
    read().catch(fail);
  }, []);
  const remove = async (item: StoredItem) => {
    await engine?.deleteStored(item);
    await read();
  };
  const { usage, quota, items } = stored;
  return (
    <section class="storage" aria-label="Storage">
      <h3>Storage</h3>
      {usage !== undefined && quota !== undefined && (
        <p class="faint">
          {formatBytes(usage)} used, {formatBytes(quota - usage)} free for this page.
        </p>
      )}
      {isKept && <p class="faint">This page and the demo model work without a network now.</p>}
      {items.length === 0 ? (
        <p class="faint">No other model is stored.</p>
      ) : (
        <ul>
          {items.map((item) => (
            <li key={storedName(item)}>
              <span>
                {storedName(item)} <small>{formatBytes(item.bytes)}</small>
              </span>
              <button
                type="button"
                aria-label={`Delete ${storedName(item)}`}
                onClick={() => void remove(item).catch(fail)}
              >
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
