import { formatBytes, formatSeconds } from "../terminal/format.js";
import type { VariantCheck } from "./check.js";
import type { ConvertFolderReport } from "./convert-folder.js";
import { describeDtypes } from "./dtypes.js";

/** What a person reads at the end. */
export function summaryText(report: ConvertFolderReport): string {
  const { graphs, byteLength, seconds, peakMemory, checks, output } = report;
  const speed = formatBytes(byteLength / seconds);
  const total = `${graphs.length} graphs, ${formatBytes(byteLength)} in ${formatSeconds(seconds)}`;
  return [
    ...graphs.map(({ path, byteLength }) => `  ${path}  ${formatBytes(byteLength)}`),
    `${total} (${speed}/s), peak memory ${formatBytes(peakMemory)}`,
    ...(checks ?? []).map(checkText),
    `Written to ${output}`,
  ].join("\n");
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
