import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./Icon.js";
import { Problem } from "./Problem.js";
import { useSession, useStore } from "./session-context.js";

/** Where questions are written. */
export function Composer() {
  const session = useSession();
  const [{ model, turns, media, selected, editing, problem }, dispatch] = useStore();
  const [text, setText] = useState("");
  const input = useRef<HTMLTextAreaElement>(null);
  const isWorking = turns.at(-1)?.answer.status === "working";
  const isReady = model.status === "ready";
  const edited = turns.find(({ id }) => id === editing);
  useEffect(() => {
    if (edited === undefined) return;
    setText(edited.question);
    input.current?.focus();
  }, [edited]);
  const send = (question: string) => {
    if (isWorking || !isReady || question.trim() === "") return;
    setText("");
    void session.ask(question);
  };
  const suggestions = selected === undefined || isWorking ? [] : (media[selected]?.suggestions ?? []);
  const asked = new Set(turns.map(({ question }) => question));
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send(text);
      }}
    >
      {problem !== undefined && (
        <Problem problem={problem} onClose={() => dispatch({ type: "problem", problem: undefined })} />
      )}
      {text === "" && suggestions.some((question) => !asked.has(question)) && (
        <ul class="suggestions" aria-label="Questions to try">
          {suggestions
            .filter((question) => !asked.has(question))
            .map((question) => (
              <li key={question}>
                <button type="button" disabled={!isReady} onClick={() => send(question)}>
                  {question.replace(/<\/?ref>/g, "")}
                </button>
              </li>
            ))}
        </ul>
      )}
      {edited !== undefined && (
        <p class="editing">
          Asking anew; what came after is dropped.{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              dispatch({ type: "edit", turn: undefined });
              setText("");
            }}
          >
            Keep it
          </button>
        </p>
      )}
      <div class="field">
        <textarea
          ref={input}
          rows={1}
          aria-label="Question"
          placeholder="Ask about the picture"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            // While an input method composes, Enter takes its suggestion.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send(text);
          }}
        />
        {isWorking ? (
          <button type="button" class="main round" aria-label="Stop" onClick={() => void session.stop()}>
            <Icon name="stop" />
          </button>
        ) : (
          <button type="submit" class="main round" aria-label="Ask" disabled={!isReady || text.trim() === ""}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}
