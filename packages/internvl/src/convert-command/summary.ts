import { listing, type PartCheck, partName } from "@internvl/convert";
import { formatBytes, formatSeconds } from "../terminal/format.js";
import { VERIFIED_PARAMETERS } from "./check.js";
import type { ConvertFolderReport } from "./convert-folder.js";
import type { RewriteFolderReport } from "./rewrite-folder.js";

/** What a person reads at the end. */
export function summaryText(report: ConvertFolderReport): string {
  const { graphs, byteLength, seconds, peakMemory, unused, linked, output } = report;
  const speed = formatBytes(byteLength / seconds);
  const total = `${graphs.length} graphs, ${formatBytes(byteLength)} in ${formatSeconds(seconds)}`;
  return [
    ...graphs.map(({ path, byteLength }) => `  ${path}  ${formatBytes(byteLength)}`),
    `${total} (${speed}/s), peak memory ${formatBytes(peakMemory)}`,
    ...(linked.length === 0 ? [] : [`weights are read from the checkpoint's own files, linked: ${listing(linked)}`]),
    ...unusedLines(unused),
    ...verificationText(report),
    `Written to ${output}`,
  ].join("\n");
}

/** The same for a checkpoint in another dialect. */
export function rewriteText(report: RewriteFolderReport): string {
  const { output, to, byteLength, seconds, peakMemory, unused } = report;
  return [
    `${formatBytes(byteLength)} in ${formatSeconds(seconds)} (${formatBytes(byteLength / seconds)}/s), peak memory ${formatBytes(peakMemory)}`,
    ...unusedLines(unused),
    `Written to ${output}, in the dialect ${to}`,
  ].join("\n");
}

/** Tensors that nothing was made of, for a person to see that nothing is missing. */
function unusedLines(unused: readonly string[]): string[] {
  return unused.length === 0 ? [] : [`not used, because the network has none: ${listing(unused)}`];
}

/** The report as one JSON object. */
export function summaryJson(report: ConvertFolderReport): string {
  return JSON.stringify({ ...report, bytesPerSecond: Math.round(report.byteLength / report.seconds) });
}

function verificationText({ checks, checkSeconds, parameters }: ConvertFolderReport): string[] {
  if (checks === null) {
    const million = Math.round(parameters / 1e6);
    const isLarge = parameters > VERIFIED_PARAMETERS;
    const reason = `${million} million parameters are more than ${VERIFIED_PARAMETERS / 1e6}; --verify does it`;
    return [`Not compared with the checkpoint (${isLarge ? reason : "--no-verify"})`];
  }
  return [
    `Compared with the checkpoint in ${formatSeconds(checkSeconds ?? 0)}: ${checks.length} parts, each within its limit`,
    ...worstOfGraphs(checks).map(worstText),
  ];
}

/** Of each graph the part that is nearest to its limit. */
function worstOfGraphs(checks: readonly PartCheck[]): PartCheck[] {
  const share = ({ difference, scale, limit }: PartCheck) => difference / scale / limit;
  const worst = new Map<string, PartCheck>();
  for (const check of checks) {
    const key = `${check.graph} ${check.dtype}`;
    const known = worst.get(key);
    if (known === undefined || share(check) > share(known)) worst.set(key, check);
  }
  return [...worst.values()];
}

function worstText(check: PartCheck): string {
  const { graph, dtype, difference, scale, limit } = check;
  const short = (value: number) => String(Number(value.toPrecision(2)));
  return `  ${graph} ${dtype}: differs by ${short(difference)} at most (${partName(check)}), ${short(limit * scale)} allowed`;
}
