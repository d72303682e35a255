import { useRef, useState } from "preact/hooks";
import { addFiles } from "../state/add-files.js";
import { Camera } from "./Camera.js";
import { Icon } from "./Icon.js";
import { useSession } from "./session-context.js";

export function AddPicture() {
  const session = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [hasCamera, setCamera] = useState(false);
  return (
    <div class="add">
      <button type="button" aria-label="Add a picture" onClick={() => input.current?.click()}>
        <Icon name="picture" />
        <span>Add a picture</span>
      </button>
      <button type="button" aria-label="Camera" onClick={() => setCamera(true)}>
        <Icon name="camera" />
        <span>Camera</span>
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*,video/*"
        multiple
        hidden
        aria-label="Picture file"
        onChange={({ currentTarget }) => {
          addFiles(session, currentTarget.files ?? []);
          currentTarget.value = "";
        }}
      />
      {hasCamera && <Camera onClose={() => setCamera(false)} />}
    </div>
  );
}
