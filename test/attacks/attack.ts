import type { Replacement } from "../repository-copy.ts";

/** Something that must not come through, the code that keeps it out, and the test that notices where that code is gone. */
export interface Attack {
  /** What would come through, in words. */
  readonly what: string;
  /** The file that keeps it out. */
  readonly file: string;
  /** What takes that out again: a text that stands once in the file, and what takes its place. */
  readonly undo: Replacement;
  /** Its file, and its name behind the names of what it stands in. */
  readonly test: readonly [file: string, ...names: string[]];
}
