import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { BatchContext } from "../batch/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { MaskingRules } from "../tasks/index.ts";
import { Checkpoints, type Digest, type RunDescription, type TrainingOptions, type TrainStep } from "../training/index.ts";
import type { RunEnvironment } from "./environment/environment.ts";
import type { RunSpec } from "./spec.ts";

type Described = Pick<
  RunSpec,
  | "arm"
  | "model"
  | "plan"
  | "seed"
  | "seedOffset"
  | "task"
  | "classWeights"
  | "images"
  | "masking"
  | "pooling"
  | "probe"
  | "taughtBy"
> &
  Pick<Partial<RunSpec>, "glue">;

/**
 * What a run follows from: by this, what another run has left is refused.
 *
 * @param data - Names the examples.
 */
export function describeRun(spec: Described, options: TrainingOptions, data: string): RunDescription {
  // how often and how many checkpoints are written changes nothing that is trained, nor does what is computed again
  const { saveTotalLimit: _, saveSteps: __, gradientCheckpointing: ___, autoFindBatchSize: ____, ...decisive } = options;
  return {
    arm: spec.arm,
    model: nameOf(spec.model),
    // how it is computed changes rounding only
    attention: JSON.stringify({ ...spec.plan, core: undefined }),
    seed: spec.seed,
    seedOffset: spec.seedOffset,
    ...(spec.task && { task: spec.task }),
    ...(spec.glue && { glue: spec.glue }), // chooses the best weights
    ...(spec.classWeights && { classWeights: spec.classWeights }),
    ...(spec.images && { images: JSON.stringify(spec.images) }),
    ...(spec.masking && { masking: maskingOf(spec.masking) }),
    ...(spec.pooling && { pooling: spec.pooling }),
    ...(spec.probe && { linearProbe: true }),
    options: decisive,
    ...(spec.taughtBy !== undefined && { taughtBy: spec.taughtBy }),
    data,
  };
}

/**
 * The checkpoints of a run, and the description by which another run's are refused.
 *
 * @param where - Folder or name.
 */
export async function checkpointsOf(
  spec: Described,
  where: string,
  parts: {
    readonly environment: RunEnvironment;
    readonly step: TrainStep<BatchContext>;
    readonly runtime: Runtime;
    readonly options: TrainingOptions;
    /** Names the training and the selection examples. */
    readonly data: string;
  },
): Promise<Checkpoints> {
  const { environment, step, runtime, options, data } = parts;
  return new Checkpoints({
    storage: await environment.openCheckpoints(where),
    state: step.state,
    run: describeRun(spec, options, data),
    surroundings: {
      runtime: `${runtime.name} ${runtime.version}${runtime.device === "webgpu" ? " on WebGPU" : ""}`,
      threads: runtime.threads,
      cpuFeatures: environment.cpuFeatures(),
    },
    limit: options.saveTotalLimit,
  });
}

const maskingOf = ({ probability, maskTokenId, vocabularySize, specialIds }: MaskingRules): string =>
  JSON.stringify({ probability, maskTokenId, vocabularySize, specialIds: [...specialIds] });

/** Files are named by their content, as they have no path. */
const nameOf = (model: RunSpec["model"]): string =>
  model.kind === "files" ? hashOfModel([...model.files.keys()], (name) => model.files.get(name)!) : JSON.stringify(model);

/**
 * Hash of what runs read of a model's files: config and weights.
 *
 * @param names - Of all files there are.
 * @param digest - SHA-256; default one in JavaScript.
 */
export function hashOfModel(
  names: readonly string[],
  read: (name: string) => Uint8Array,
  digest: Digest = sha256.create(),
): string {
  for (const name of names.filter((each) => MODEL_FILE.test(each)).sort()) {
    const bytes = read(name);
    digest.update(utf8ToBytes(`${name} ${bytes.length}\n`));
    digest.update(bytes);
  }
  return bytesToHex(digest.digest());
}
const MODEL_FILE = /^config\.json$|\.safetensors(\.index\.json)?$/;
