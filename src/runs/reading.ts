import type { RunEvent } from "./spec.ts";

/** Says how far the look through files is, as an `onProgress`. */
export function sayReading(paths: readonly string[], onEvent: (event: RunEvent) => void) {
  const first = paths[0]?.split(/[\\/]/).at(-1) ?? "data";
  const name = paths.length > 1 ? `${first} and ${paths.length - 1} more` : first;
  return (done: number, total: number): void => onEvent({ type: "reading", name, done, total });
}
