export { Arena, type ArenaArray, type ArenaF32, type ArenaI32, type ArenaMark } from "./arena.ts";
export { type AdamWArrays, type AdamWStep, createKernels, type Kernels } from "./kernels.ts";
export { Memory, type MemoryMark, type MemorySize, type Place } from "./memory.ts";
