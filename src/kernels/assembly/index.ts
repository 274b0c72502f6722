// AssemblyScript, not TypeScript: compiled by scripts/build-kernels.ts.
//
// Every pointer is an unsigned byte address in the imported memory. Loops count down elements instead of comparing
// addresses, so that arrays may end at 4 GiB, where an end address would wrap to 0.
export { adamw } from "./adamw";
export { addInto, firstNonFinite, scale, sumOfSquares } from "./arrays";
export { dropoutKept, uniformFill } from "./random";
