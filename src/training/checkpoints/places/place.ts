import type { CheckpointStorage } from "../checkpoint-storage.ts";

/**
 * A kind of place where runs keep their checkpoints. An address of it is `scheme://…`; one without a scheme is a folder.
 *
 * The place of one run is inside that of its study, and nobody else writes there: a lock or a study's claims see to that.
 */
export interface CheckpointPlace {
  /** How its addresses begin, e.g. `s3`; undefined for folders. */
  readonly scheme: string | undefined;
  /** The address of a place inside another one. */
  below(where: string, ...names: readonly string[]): string;
  /** The folder on this machine's disks, which takes other files too; undefined where the place takes checkpoints alone. */
  folderOf(where: string): string | undefined;
  /**
   * Before anything is computed, make sure that checkpoints can be kept.
   *
   * @param where - Of all runs.
   * @param runs - Of each run.
   * @throws `file/not-own` where one holds files that have names of checkpoints and are none; whatever would keep them from being written.
   */
  check(where: string, runs: readonly string[]): Promise<void>;
  /** The checkpoints of one run. @throws `file/not-own`. */
  open(where: string): Promise<CheckpointStorage>;
  /** Remove the checkpoints of a run that is finished; other files stay. */
  clear(where: string): Promise<void>;
}
