import { readFileSync } from "node:fs";

/** Instruction sets that change how sums are rounded, e.g. `avx2 fma avx512f`; empty where the system does not say (Linux does). */
export function cpuFeatures(): string {
  if (process.platform !== "linux") return "";
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(/\s+/) ?? [];
    return flags.filter((flag) => /^(avx2|fma|avx512f|avx512_vnni|avx512_bf16|amx_tile|asimd|asimddp|sve)$/.test(flag)).join(" ");
  } catch {
    return "";
  }
}
