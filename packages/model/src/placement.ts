import {
  DEFAULT_DTYPE,
  DTYPES,
  type Dtype,
  type DtypeOption,
  GRAPHS,
  type GraphDtypes,
  type GraphName,
  resolveDtypes,
} from "@internvl/config";
import { type DeviceChoice, type DeviceOffer, InternVLError, type Runtime } from "@internvl/core";

/** A device for all graphs, or for some of them: `{ decoder_model_merged: "webgpu" }`. */
export type DeviceOption = string | Partial<Record<GraphName, string>>;

/** Which variant of each graph is loaded, and where it runs. */
export interface Placement {
  dtype: GraphDtypes;
  /** The decoder's variant that reads prompts. */
  prompt_dtype: Dtype;
  /** Where the runtime has a choice of devices. */
  devices: Partial<Record<GraphName, DeviceChoice>>;
}

interface Wishes {
  dtype?: DtypeOption;
  prompt_dtype?: Dtype;
  device?: DeviceOption;
}

/** The variants of a graph that there are; none is an error that this throws. */
type Available = (graph: GraphName) => readonly Dtype[];

/** What a checkpoint can be converted to. */
export const EVERY_DTYPE: Available = (graph) => (graph === "embed_tokens" ? ["fp32", "fp16", "int8"] : [...DTYPES]);

/**
 * Of the devices that are offered the best one that runs a variant that there is, and of those the one that is fastest
 * there. What was asked for is taken or refused.
 *
 * @param name of the model, for messages
 * @throws InternVLError `FILE_NOT_FOUND` (a dtype that there is not), `UNSUPPORTED` (one that the device does not run),
 *   `INPUT_INVALID`
 */
export async function placeGraphs(
  { inference }: Pick<Runtime, "inference">,
  name: string,
  available: Available,
  { dtype, prompt_dtype, device }: Wishes,
): Promise<Placement> {
  assertGraphNames(device);
  const placement: Omit<Placement, "prompt_dtype"> = { dtype: resolveDtypes(dtype), devices: {} };
  for (const graph of GRAPHS) {
    const there = available(graph);
    const wish = wishFor(graph, dtype);
    if (wish?.insists && !there.includes(wish.dtype)) throw missingDtype(name, graph, wish.dtype, there);
    const forPrompts = graph === "decoder_model_merged" ? prompt_dtype : undefined;
    if (forPrompts !== undefined && !there.includes(forPrompts)) throw missingDtype(name, graph, forPrompts, there);
    const offers = await inference.offerDevices?.(deviceOf(graph, device));
    if (offers === undefined) {
      placement.dtype[graph] = withoutOffers(name, graph, there, dtype);
      continue;
    }
    const found = offers
      .map((offer) => ({ offer, dtype: bestOf(offer, graph, there, wish) }))
      .find((candidate) => candidate.dtype !== undefined);
    if (found === undefined) throw notRunThere(name, graph, there, offers, wish?.insists ? wish.dtype : undefined);
    if (forPrompts !== undefined && !found.offer.dtypes[graph]?.includes(forPrompts)) {
      throw notRunThere(name, graph, there, [found.offer], forPrompts);
    }
    placement.dtype[graph] = found.dtype!;
    placement.devices[graph] = { name: found.offer.name, reason: found.offer.reason };
  }
  return { ...placement, prompt_dtype: prompt_dtype ?? placement.dtype.decoder_model_merged };
}

/** What was asked for a graph; undefined: the runtime's own. */
export function deviceOf(graph: GraphName, device: DeviceOption | undefined): string | undefined {
  return typeof device === "object" ? device[graph] : device;
}

interface Wish {
  dtype: Dtype;
  /** Whether it was asked for, and is not only what a name stands for: `"q4"` means int8 for the vision encoder. */
  insists: boolean;
}

function wishFor(graph: GraphName, option: DtypeOption | undefined): Wish | undefined {
  if (option === undefined || (typeof option === "object" && option[graph] === undefined)) return undefined;
  const dtype = resolveDtypes(option)[graph];
  return { dtype, insists: typeof option === "object" || dtype === option };
}

function bestOf(offer: DeviceOffer, graph: GraphName, there: readonly Dtype[], wish: Wish | undefined) {
  const runs = (offer.dtypes[graph] ?? []).filter((dtype): dtype is Dtype => (there as string[]).includes(dtype));
  if (wish === undefined || !(wish.insists || runs.includes(wish.dtype))) return runs[0];
  return runs.find((dtype) => dtype === wish.dtype);
}

/** On a runtime with one device: the default where it is there, and otherwise what is. */
function withoutOffers(
  name: string,
  graph: GraphName,
  there: readonly Dtype[],
  option: DtypeOption | undefined,
): Dtype {
  const wanted = resolveDtypes(option ?? DEFAULT_DTYPE)[graph];
  if (there.includes(wanted)) return wanted;
  if (typeof option === "string" || option?.[graph] !== undefined) throw missingDtype(name, graph, wanted, there);
  return there[0]!;
}

/** @throws InternVLError `INPUT_INVALID` */
function assertGraphNames(device: DeviceOption | undefined): void {
  if (typeof device !== "object") return;
  const unknown = Object.keys(device).find((name) => !(GRAPHS as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "device names a graph that there is not",
    expected: GRAPHS.join(", "),
    got: unknown,
  });
}

function missingDtype(name: string, graph: GraphName, dtype: string, available: readonly string[]): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${name} has no ${graph} in ${dtype}`,
    expected: `one of ${available.join(", ")}, which it has`,
    got: dtype,
    fix: `Ask for one of those, or convert the checkpoint with --dtype ${dtype}.`,
  });
}

function notRunThere(
  name: string,
  graph: GraphName,
  there: readonly Dtype[],
  offers: readonly DeviceOffer[],
  asked: Dtype | undefined,
): InternVLError {
  const devices = offers.map((offer) => offer.name).join(" and ");
  const runs = [...new Set(offers.flatMap(({ dtypes }) => dtypes[graph] ?? []))];
  return new InternVLError("UNSUPPORTED", {
    what: `${graph} of ${name} cannot run on ${devices} as its weights are stored`,
    expected: runs.join(", "),
    got: asked ?? there.join(", "),
    fix: `Use device "auto" or { ${graph}: "wasm" }, or convert the checkpoint with --dtype ${graph}=${runs[0]}.`,
  });
}
