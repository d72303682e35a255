import type { DialogName } from "./App.js";
import { Icon } from "./Icon.js";
import { useStore } from "./session-context.js";
import { ThemeButton } from "./ThemeButton.js";

export function Header({ onOpen }: { onOpen: (dialog: DialogName) => void }) {
  const [{ model, turns, waiting }, dispatch] = useStore();
  const name = model.status === "ready" ? model.facts.name : "Model";
  const isEmpty = turns.length === 0 && waiting.length === 0;
  return (
    <header class="bar">
      <p class="brand">
        <Icon name="mark" />
        <span>InternVL</span>
      </p>
      <nav aria-label="Settings">
        <button type="button" class="quiet" disabled={isEmpty} onClick={() => dispatch({ type: "clear" })}>
          <Icon name="new" />
          <span class="wide">New</span>
          <span class="hidden narrow">New conversation</span>
        </button>
        <button type="button" class="quiet model-name" aria-label={`Model: ${name}`} onClick={() => onOpen("model")}>
          <Icon name="model" />
          <span class="wide">{name}</span>
        </button>
        <button type="button" class="quiet" aria-label="Answer options" onClick={() => onOpen("options")}>
          <Icon name="options" />
          <span class="wide">Options</span>
        </button>
        <ThemeButton />
      </nav>
    </header>
  );
}
