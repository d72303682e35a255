import { useId } from "preact/hooks";
import { defaultOptions, OPTION_ROWS, type OptionRow } from "../state/options.js";
import { Dialog } from "./Dialog.js";
import { useStore } from "./session-context.js";

/** How answers are made. */
export function OptionsDialog({ onClose }: { onClose: () => void }) {
  const [{ options }, dispatch] = useStore();
  const change = (name: string, value: number | boolean) =>
    dispatch({ type: "options", options: { ...options, [name]: value } });
  return (
    <Dialog title="Options" onClose={onClose}>
      <div class="options">
        {OPTION_ROWS.map((row) => (
          <OptionField
            key={row.name}
            row={row}
            value={options[row.name] ?? row.value}
            isIdle={row.sampling === true && options["do_sample"] !== true}
            onChange={(value) => change(row.name, value)}
          />
        ))}
      </div>
      <div class="buttons">
        <button type="button" onClick={() => dispatch({ type: "options", options: defaultOptions() })}>
          Back to the defaults
        </button>
      </div>
    </Dialog>
  );
}

interface OptionFieldProps {
  row: OptionRow;
  value: number | boolean;
  isIdle: boolean;
  onChange: (value: number | boolean) => void;
}

function OptionField({ row, value, isIdle, onChange }: OptionFieldProps) {
  const id = useId();
  const { name, label, explanation, min, max, step } = row;
  return (
    <div class={isIdle ? "option idle" : "option"}>
      <label for={id}>
        {label} <code>{name}</code>
      </label>
      {typeof value === "boolean" ? (
        <input
          id={id}
          type="checkbox"
          checked={value}
          aria-describedby={`${id}-text`}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      ) : (
        <input
          id={id}
          type="number"
          min={min}
          max={max}
          step={step}
          value={value}
          disabled={isIdle}
          aria-describedby={`${id}-text`}
          onChange={({ currentTarget }) => {
            const number = currentTarget.valueAsNumber;
            if (Number.isFinite(number)) onChange(Math.min(max!, Math.max(min!, number)));
          }}
        />
      )}
      <p id={`${id}-text`}>{explanation}</p>
    </div>
  );
}
