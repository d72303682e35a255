export const CHROMIUM_FLAGS: string[];
export function findChromium(): string | undefined;
export const SOFTWARE_WEBGPU: string[];
export const ISOLATION_HEADERS: Record<string, string>;
