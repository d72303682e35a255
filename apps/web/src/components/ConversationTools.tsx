import { exportJson, exportMarkdown } from "../state/export-conversation.js";
import { useStore } from "./session-context.js";

/** How the conversation is shown, and how it is kept. */
export function ConversationTools() {
  const [state, dispatch] = useStore();
  const isTokens = state.view === "tokens";
  return (
    <div class="tools">
      <button
        type="button"
        class="quiet toggle"
        aria-pressed={isTokens}
        onClick={() => dispatch({ type: "view", view: isTokens ? "text" : "tokens" })}
      >
        Tokens
      </button>
      <span class="gap" />
      <button
        type="button"
        class="quiet"
        onClick={() => save("conversation.md", "text/markdown", exportMarkdown(state))}
      >
        <span class="hidden">Save as </span>Markdown
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => save("conversation.json", "application/json", exportJson(state))}
      >
        <span class="hidden">Save as </span>JSON
      </button>
    </div>
  );
}

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
