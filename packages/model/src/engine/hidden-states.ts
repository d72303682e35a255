import { InternVLError, type Session, type Tensor } from "@internvl/core";

const PREFIX = "hidden_states.";

/** The states between the layers that a run gave, in the layers' order. */
export function hiddenStatesOf(outputs: Readonly<Record<string, Tensor>>): Tensor[] {
  const count = Object.keys(outputs).filter((name) => name.startsWith(PREFIX)).length;
  return Array.from({ length: count }, (_, index) => outputs[`${PREFIX}${index}`]!);
}

/** @throws InternVLError `UNSUPPORTED` for a graph that was converted without them */
export function assertHiddenStates({ outputs }: Session): void {
  if (outputs.some(({ name }) => name.startsWith(PREFIX))) return;
  throw new InternVLError("UNSUPPORTED", {
    what: "The graphs of this folder do not give their hidden states",
    fix: "Convert the checkpoint again with --output_hidden_states.",
  });
}
