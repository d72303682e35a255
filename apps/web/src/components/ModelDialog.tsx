import { useState } from "preact/hooks";
import type { DeviceName, ModelChoice } from "../engine/protocol.js";
import { formatSeconds } from "../state/format.js";
import { Dialog } from "./Dialog.js";
import { FolderButton } from "./FolderButton.js";
import { StoragePanel } from "./StoragePanel.js";
import { useSession, useStore } from "./session-context.js";

const DTYPES = ["int8", "q8", "q4", "fp16", "fp32"];

const DEVICES: readonly { name: DeviceName; text: string }[] = [
  { name: "wasm", text: "wasm (the processor)" },
  { name: "webgpu", text: "webgpu (graphics)" },
  { name: "auto", text: "auto (webgpu where it can be)" },
];

/** Which model, where it runs, and what is stored. */
export function ModelDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const [{ model }] = useStore();
  const [choice, setChoice] = useState<ModelChoice>(model.request.choice);
  const [device, setDevice] = useState<DeviceName>(model.request.device);
  const [dtype, setDtype] = useState(model.request.dtype ?? "");
  const canLoad = choice.kind !== "hub" || /^[\w.-]+\/[\w.-]+$/.test(choice.id);
  const load = () => {
    void session.load({ choice, device, dtype: dtype === "" ? undefined : dtype });
    onClose();
  };
  return (
    <Dialog title="Model" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (canLoad) load();
        }}
      >
        <fieldset>
          <legend>Which</legend>
          <label class="radio">
            <input
              type="radio"
              name="model"
              checked={choice.kind === "demo"}
              onChange={() => setChoice({ kind: "demo" })}
            />
            <span>
              Demo model <small>3 MB, here already: shapes, numbers, words on signs</small>
            </span>
          </label>
          <label class="radio">
            <input
              type="radio"
              name="model"
              checked={choice.kind === "hub"}
              onChange={() => setChoice({ kind: "hub", id: "OpenGVLab/InternVL2_5-1B" })}
            />
            <span>
              From the Hub <small>downloaded once, converted if need be, and kept in this browser</small>
            </span>
          </label>
          {choice.kind === "hub" && (
            <input
              type="text"
              aria-label="Id of the model"
              spellcheck={false}
              value={choice.id}
              onInput={({ currentTarget }) => setChoice({ kind: "hub", id: currentTarget.value.trim() })}
            />
          )}
          <FolderButton choice={choice} onChoose={setChoice} />
        </fieldset>
        <div class="two">
          <label>
            Device
            <select value={device} onChange={({ currentTarget }) => setDevice(currentTarget.value as DeviceName)}>
              {DEVICES.map(({ name, text }) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            Numbers
            <select value={dtype} onChange={({ currentTarget }) => setDtype(currentTarget.value)}>
              <option value="">what suits the model</option>
              {DTYPES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
        <div class="buttons">
          <button type="submit" class="main" disabled={!canLoad}>
            Load
          </button>
        </div>
      </form>
      {model.status === "ready" && (
        <p class="faint facts">
          {model.facts.name} runs on {model.facts.device.name}{" "}
          {model.request.device === "auto" && `(${model.facts.device.reason}) `}in {model.facts.dtype}, loaded in{" "}
          {formatSeconds(model.facts.seconds)}.
        </p>
      )}
      <StoragePanel />
    </Dialog>
  );
}
