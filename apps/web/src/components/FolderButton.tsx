import { useRef } from "preact/hooks";
import type { ModelChoice } from "../engine/protocol.js";

type PickFolder = () => Promise<FileSystemDirectoryHandle>;

interface FolderButtonProps {
  choice: ModelChoice;
  onChoose: (choice: ModelChoice) => void;
}

/** A folder of the person's own: by the browser's picker where there is one, else as a list of files. */
export function FolderButton({ choice, onChoose }: FolderButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const isChosen = choice.kind === "handle" || choice.kind === "files";
  const pick = async () => {
    const { showDirectoryPicker } = window as { showDirectoryPicker?: PickFolder };
    if (showDirectoryPicker === undefined) {
      input.current?.click();
      return;
    }
    try {
      const handle = await showDirectoryPicker();
      onChoose({ kind: "handle", name: handle.name, handle });
    } catch {
      // The person closed the picker: the choice stays as it was.
    }
  };
  return (
    <div class="folder">
      <button type="button" aria-pressed={isChosen} onClick={() => void pick()}>
        {isChosen ? `Folder: ${choice.name}` : "A folder of this machine…"}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Model folder"
        {...{ webkitdirectory: true }}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          const name = files[0]?.webkitRelativePath.split("/")[0] || "the chosen files";
          if (files.length > 0) onChoose({ kind: "files", name, files });
        }}
      />
    </div>
  );
}
