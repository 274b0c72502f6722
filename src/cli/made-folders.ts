import { existsSync, rmdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Do some work that writes into a folder. What was made of the folder and those above it is removed again where it is empty in the end,
 * e.g. as the work failed before it wrote anything.
 */
export async function withoutEmptyFolders<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.push(path);
  try {
    return await work();
  } finally {
    for (const path of missing) rmdirIfEmpty(path);
  }
}

export function rmdirIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // holds something, or is not there
  }
}
