const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** `"4.36 MB"`: three digits, in powers of 1000 as disks are sold and downloads are counted. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(value < 999.5 ? 3 : 4)} ${UNITS[power]}`;
}

/** `"0.21 s"`, `"12.4 s"`, `"3 min 20 s"`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
