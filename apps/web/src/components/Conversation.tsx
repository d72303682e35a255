import { useEffect, useRef } from "preact/hooks";
import { Announcer } from "./Announcer.js";
import { ConversationTools } from "./ConversationTools.js";
import { useStore } from "./session-context.js";
import { TurnView } from "./TurnView.js";

export function Conversation() {
  const [{ turns }] = useStore();
  const end = useRef<HTMLDivElement>(null);
  const length = turns.length;
  const textLength = turns.at(-1)?.answer.text.length;
  // Follows what is written; the values only say when.
  useEffect(() => {
    if (length > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [length, textLength]);
  return (
    <div class="conversation">
      {turns.length > 0 && <ConversationTools />}
      <ol aria-label="Questions and answers">
        {turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} />
        ))}
      </ol>
      <div ref={end} />
      <Announcer answer={turns.at(-1)?.answer} />
    </div>
  );
}
