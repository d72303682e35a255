import { useState } from "preact/hooks";
import { costText, stageText } from "../state/format.js";
import { plainText } from "../state/parse-answer.js";
import type { Turn } from "../state/types.js";
import { AnswerText } from "./AnswerText.js";
import { Icon } from "./Icon.js";
import { useSession, useStore } from "./session-context.js";
import { Thumbnail } from "./Thumbnail.js";
import { TokenView } from "./TokenView.js";

/** A question and its answer. */
export function TurnView({ turn }: { turn: Turn }) {
  const session = useSession();
  const [{ view, media }, dispatch] = useStore();
  const { id, question, answer } = turn;
  const isWorking = answer.status === "working";
  return (
    <li class="turn">
      <div class="question">
        {turn.media.map((medium) => {
          const item = media[medium];
          return item !== undefined && <Thumbnail key={medium} item={item} alt={item.name} />;
        })}
        <p>{question}</p>
      </div>
      <div class="answer" aria-busy={isWorking}>
        {view === "tokens" && answer.tokens.length > 0 ? (
          <TokenView tokens={answer.tokens} />
        ) : (
          <AnswerText turn={id} text={answer.text} />
        )}
        {isWorking && (
          <p class="stage-text" role="status">
            {stageText(answer.stage)}
          </p>
        )}
        {answer.problem !== undefined && <p class="problem">{answer.problem.message}</p>}
        <div class="after">
          {answer.report !== undefined && <p class="cost">{costText(answer.report)}</p>}
          {!isWorking && (
            <div class="turn-buttons">
              <CopyButton text={plainText(answer.text)} />
              <button
                type="button"
                class="quiet"
                aria-label="Edit the question"
                onClick={() => dispatch({ type: "edit", turn: id })}
              >
                <Icon name="edit" />
              </button>
              <button type="button" class="quiet" aria-label="Ask again" onClick={() => void session.retry(id)}>
                <Icon name="retry" />
              </button>
            </div>
          )}
        </div>
      </div>
    </li>
  );
}

function CopyButton({ text }: { text: string }) {
  const [said, say] = useState("Copy the answer");
  const copy = () => {
    const told = (what: string) => {
      say(what);
      setTimeout(() => say("Copy the answer"), 2000);
    };
    navigator.clipboard.writeText(text).then(
      () => told("Copied"),
      () => told("The browser did not allow it"),
    );
  };
  return (
    <button type="button" class="quiet" aria-label={said} title={said} onClick={copy}>
      <Icon name="copy" />
    </button>
  );
}
