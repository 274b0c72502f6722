import type { ImageReader, StreamedDataset, StreamOptions } from "../../data/index.ts";
import type { StoredModel } from "../../models/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { CheckpointStorage } from "../../training/index.ts";
import type { Device, StreamedSource } from "../spec.ts";

/** Told how far the look through files is, and able to stop it. */
export type ReadingListener = Pick<StreamOptions, "onProgress" | "signal">;

/** Training examples that stay on disk, and what their content is known by. */
export type DatasetOnDisk = StreamedDataset & { readonly fingerprint: string; close(): Promise<void> };

/** What a run needs of the place it runs in: Node (environment-node.ts) or a browser (environment-web.ts). */
export interface RunEnvironment {
  createRuntime(options: {
    readonly device?: Device;
    readonly threads?: number;
    readonly onNote: (text: string) => void;
  }): Promise<Runtime>;
  /** Read a model folder. */
  loadModel(path: string): StoredModel;
  /** Look through the files of training examples that stay on disk. */
  openStream(source: StreamedSource, listener: ReadingListener): Promise<DatasetOnDisk>;
  readonly images: ImageReader;
  openCheckpoints(where: string): Promise<CheckpointStorage>;
  /** Instruction sets that change how sums are rounded; empty where they are not known. */
  cpuFeatures(): string;
  /** Memory of the process; 0 where it is not known. */
  memoryBytes(): number;
  /** Memory that the process may still take; undefined where it is not known. */
  availableBytes(): number | undefined;
}
