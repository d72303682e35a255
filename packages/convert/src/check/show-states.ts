import type { ModelProto, NodeProto, ValueInfoProto } from "@internvl/onnx";

/**
 * A written graph with more outputs: those that `other`, the same graph built once more, has and `written` lacks. Nodes and
 * weights of `written` stay as they are; a node of `other` is only added where there is none of its name.
 *
 * @param written changed in place
 */
export function showStates(written: ModelProto, other: ModelProto): void {
  const [graph, wanted] = [written.graph!, other.graph!];
  const known = new Map(graph.node.map((node) => [node.name, node]));
  // What a tensor of `other` is called in `written`: outputs have names of their own, so a state has another one there.
  const names = new Map<string, string>();
  for (const node of wanted.node) {
    for (const [index, output] of node.output.entries()) {
      const same = known.get(node.name)?.output[index];
      if (same !== undefined) names.set(output, same);
    }
  }
  const called = (name: string) => names.get(name) ?? name;
  const present = new Set(graph.output.map(({ name }) => name));
  const added = wanted.node.filter(({ name }) => !known.has(name));
  for (const node of added) graph.node.push({ ...node, input: node.input.map(called) });
  const made = new Set(added.flatMap(({ output }) => output));
  for (const output of wanted.output) {
    if (present.has(output.name)) continue;
    if (!made.has(output.name)) graph.node.push(identity(wanted.node[0]!, called(output.name), output));
    graph.output.push(output);
  }
}

/** `like` gives the message's type. */
function identity(like: NodeProto, from: string, to: ValueInfoProto): NodeProto {
  return {
    ...like,
    name: `${to.name}/Identity`,
    opType: "Identity",
    domain: "",
    input: [from],
    output: [to.name],
    attribute: [],
  };
}
