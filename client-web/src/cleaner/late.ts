import type { Cleaned } from "./words.ts";
export async function cleanLate(_bytes: Uint8Array, extension: string): Promise<Cleaned> {
  return { outcome: "refused", reason: "unsupported", extension, traces: [] };
}
