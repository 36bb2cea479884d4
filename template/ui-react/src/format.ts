const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes for people: 1536 is "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const unit = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const digits = { maximumFractionDigits: unit === 0 ? 0 : 1 };
  return `${(bytes / 1024 ** unit).toLocaleString(undefined, digits)} ${UNITS[unit] ?? ""}`;
}
{{#backend}}
/** A duration in whole minutes. */
export function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return `${days > 0 ? `${String(days)} d ` : ""}${String(hours)} h ${String(minutes % 60)} min`;
}
{{/backend}}
