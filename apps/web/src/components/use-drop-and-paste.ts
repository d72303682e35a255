import { useEffect, useState } from "preact/hooks";
import { addFiles } from "../state/add-files.js";
import type { Session } from "../state/session.js";

/** Pictures that are dropped anywhere on the page, or pasted. @returns whether something is held over the page */
export function useDropAndPaste(session: Session): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const listeners = new AbortController();
    const options = { signal: listeners.signal };
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    document.addEventListener("dragover", over, options);
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && setOver(false), options);
    document.addEventListener(
      "drop",
      (event) => {
        setOver(false);
        if (!hasFiles(event)) return;
        event.preventDefault();
        addFiles(session, event.dataTransfer!.files);
      },
      options,
    );
    document.addEventListener(
      "paste",
      (event) => {
        const files = event.clipboardData?.files;
        if (files === undefined || files.length === 0) return;
        event.preventDefault();
        addFiles(session, files);
      },
      options,
    );
    return () => listeners.abort();
  }, [session]);
  return isOver;
}
