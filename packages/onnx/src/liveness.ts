import { InternVLError } from "@internvl/core";
import type { GraphCore } from "./graph.js";
import type { Origin } from "./value.js";

/** How many names a message lists: enough to find the mistake, short enough to read. */
const LISTED = 8;

/** Refuses a graph with inputs, initializers or nodes that no output needs. */
export function assertAllUsed(graph: GraphCore): void {
  const needed = new Set<Origin>(graph.outputs.map((output) => output.origin));
  const unused: string[] = [];
  // Nodes come after what they read, so one walk from the last to the first finds everything that is needed.
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => output !== undefined && needed.has(output.origin))) {
      unused.unshift(`node "${node.name}"`);
      continue;
    }
    for (const input of node.inputs) if (input !== undefined) needed.add(input.origin);
  }
  for (const { value } of graph.initializers) {
    if (!needed.has(value.origin)) unused.unshift(`initializer "${value.name}"`);
  }
  for (const value of graph.inputs) if (!needed.has(value.origin)) unused.unshift(`input "${value.name}"`);
  if (unused.length === 0) return;
  const more = unused.length > LISTED ? `, and ${unused.length - LISTED} more` : "";
  throw new InternVLError("GRAPH_INVALID", {
    what: `Graph "${graph.name}" has parts that no output needs: ${unused.slice(0, LISTED).join(", ")}${more}`,
    fix: "Use them or leave them out.",
  });
}
