import { useEffect, useState } from "preact/hooks";
import { Composer } from "./Composer.js";
import { Conversation } from "./Conversation.js";
import { Header } from "./Header.js";
import { Hints } from "./Hints.js";
import { ModelDialog } from "./ModelDialog.js";
import { ModelStatus } from "./ModelStatus.js";
import { OptionsDialog } from "./OptionsDialog.js";
import { Stage } from "./Stage.js";
import { useSession } from "./session-context.js";
import { useDropAndPaste } from "./use-drop-and-paste.js";

export type DialogName = "model" | "options";

export function App() {
  const session = useSession();
  const [dialog, setDialog] = useState<DialogName | undefined>(undefined);
  const isOver = useDropAndPaste(session);
  useEffect(() => {
    const stop = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) void session.stop();
    };
    document.addEventListener("keydown", stop);
    return () => document.removeEventListener("keydown", stop);
  }, [session]);
  return (
    <div class={isOver ? "app dropping" : "app"}>
      <Header onOpen={setDialog} />
      <main>
        <h1 class="hidden">Ask about a picture</h1>
        <Stage />
        <section class="talk" aria-label="Conversation">
          <ModelStatus onOpen={() => setDialog("model")} />
          <Hints />
          <Conversation />
          <Composer />
        </section>
      </main>
      {dialog === "model" && <ModelDialog onClose={() => setDialog(undefined)} />}
      {dialog === "options" && <OptionsDialog onClose={() => setDialog(undefined)} />}
    </div>
  );
}
