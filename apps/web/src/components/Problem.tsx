import type { Problem as ProblemState } from "../state/types.js";
import { Icon } from "./Icon.js";

export function Problem({ problem, onClose }: { problem: ProblemState; onClose?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        {problem.message} <code>{problem.code}</code>
      </p>
      {onClose !== undefined && (
        <button type="button" class="quiet" aria-label="Close the message" onClick={onClose}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
