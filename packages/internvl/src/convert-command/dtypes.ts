import { DTYPES, type DtypeOption, GRAPHS, type GraphDtypes, resolveDtypes } from "@internvl/config";

/**
 * What `--dtype` says: names and `GRAPH=NAME`s, separated by commas. A name is a conversion of its own; graphs that are
 * named belong together until one of them comes again.
 *
 * `"q4"`, `"fp32,q4"`, `"vision_encoder=int8,decoder_model_merged=q4"`
 *
 * @throws InternVLError `INPUT_INVALID` for a dtype or a graph that is not known
 */
export function parseDtypes(text: string): DtypeOption[] {
  const options: DtypeOption[] = [];
  for (const item of text.split(",").map((part) => part.trim())) {
    const [graph, dtype] = item.split("=", 2) as [string, string | undefined];
    const last = options.at(-1);
    if (dtype === undefined) options.push(item as DtypeOption);
    else if (typeof last === "object" && !Object.hasOwn(last, graph)) Object.assign(last, { [graph]: dtype });
    else options.push({ [graph]: dtype });
  }
  for (const option of options) resolveDtypes(option);
  return options;
}

/** The different sets of graphs that options ask for, each once. */
export function distinctDtypes(options: readonly DtypeOption[]): GraphDtypes[] {
  const sets = options.map((option) => resolveDtypes(option));
  return [...new Map(sets.map((set) => [describeDtypes(set), set])).values()];
}

/** The name of a preset (`"q4"`), or `"vision_encoder q8, embed_tokens int8, decoder_model_merged q4"`. */
export function describeDtypes(set: GraphDtypes): string {
  const preset = DTYPES.find((dtype) => {
    const graphs = resolveDtypes(dtype);
    return GRAPHS.every((graph) => graphs[graph] === set[graph]);
  });
  return preset ?? GRAPHS.map((graph) => `${graph} ${set[graph]}`).join(", ");
}
