import { useEffect, useRef, useState } from "preact/hooks";
import { addBlob } from "../state/add-files.js";
import { problemOf } from "../state/problem.js";
import { Dialog } from "./Dialog.js";
import { useSession } from "./session-context.js";

/** A picture from the camera. It is on only while this is open. */
export function Camera({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<{ ready: boolean; problem?: string }>({ ready: false });
  useEffect(() => {
    let stream: MediaStream | undefined;
    let isOpen = true;
    const open = async () => {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      stream = opened;
      if (!isOpen) return stopTracks(opened);
      video.current!.srcObject = opened;
      await video.current!.play();
      setState({ ready: true });
    };
    open().catch((error: unknown) => isOpen && setState({ ready: false, problem: cameraProblem(error) }));
    return () => {
      isOpen = false;
      if (stream !== undefined) stopTracks(stream);
    };
  }, []);
  const take = async () => {
    const { videoWidth, videoHeight } = video.current!;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    addBlob(session, await canvas.convertToBlob({ type: "image/png" }), "Camera");
    onClose();
  };
  return (
    <Dialog title="Camera" onClose={onClose}>
      {state.problem === undefined ? (
        <video ref={video} class="camera" muted playsInline aria-label="What the camera sees" />
      ) : (
        <p role="alert">{state.problem}</p>
      )}
      <div class="buttons">
        <button type="button" class="main" disabled={!state.ready} onClick={take}>
          Take the picture
        </button>
      </div>
    </Dialog>
  );
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function cameraProblem(error: unknown): string {
  const { code, message } = problemOf(error);
  if (code === "NotAllowedError")
    return "The camera was not allowed. Allow it in the browser's settings for this page.";
  if (code === "NotFoundError") return "No camera was found.";
  return `The camera cannot be used: ${message}`;
}
