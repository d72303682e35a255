import { formatBytes, formatSeconds } from "../terminal/format.js";
import type { VariantCheck } from "./check.js";
import type { ConvertFolderReport } from "./convert-folder.js";
import { describeDtypes } from "./dtypes.js";
import type { RewriteFolderReport } from "./rewrite-folder.js";

/** What a person reads at the end. */
export function summaryText(report: ConvertFolderReport): string {
  const { graphs, byteLength, seconds, peakMemory, unused, checks, output } = report;
  const speed = formatBytes(byteLength / seconds);
  const total = `${graphs.length} graphs, ${formatBytes(byteLength)} in ${formatSeconds(seconds)}`;
  return [
    ...graphs.map(({ path, byteLength }) => `  ${path}  ${formatBytes(byteLength)}`),
    `${total} (${speed}/s), peak memory ${formatBytes(peakMemory)}`,
    ...unusedLines(unused),
    ...(checks ?? []).map(checkText),
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
  const SHOWN = 8;
  const rest = unused.length - SHOWN;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return unused.length === 0
    ? []
    : [`not used, because the network has none: ${unused.slice(0, SHOWN).join(", ")}${more}`];
}

/** The report as one JSON object. */
export function summaryJson(report: ConvertFolderReport): string {
  return JSON.stringify({ ...report, bytesPerSecond: Math.round(report.byteLength / report.seconds) });
}

function checkText({ dtype, featureCosine, logitCosine, greedyAgreement }: VariantCheck): string {
  const name = describeDtypes(dtype);
  if (featureCosine === null || logitCosine === null || greedyAgreement === null) return `check passed: ${name}`;
  const agreement = `${Math.round(greedyAgreement * 100)} % of the likeliest tokens are the same`;
  return `check passed: ${name}; features cosine ${featureCosine.toFixed(4)}, logits ${logitCosine.toFixed(4)}, ${agreement}`;
}
