import assert from "node:assert/strict";
import type { BatchContext } from "../batch/index.ts";
import type { TaskName } from "../tasks/index.ts";
import { type Feeds, feedsOf } from "./compute-on.fixture.ts";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import type { ModelGraph } from "./model-graph.ts";
import { readSafetensors, type Safetensors } from "./weights/safetensors.ts";

/** What PyTorch and transformers computed for one encoder: see scripts/make-model-fixtures.py, which names every tensor. */
export interface ParityFile {
  readonly file: Safetensors;
  readonly config: EncoderConfig;
  /** In training. */
  readonly context: BatchContext;
}

export const floats = ({ tensors }: Safetensors, name: string): Float32Array => tensors.get(name)!.data();
export const bytesOf = ({ tensors }: Safetensors, name: string): Uint8Array => tensors.get(name)!.bytes();
const ints = (file: Safetensors, name: string): Int32Array => new Int32Array(bytesOf(file, name).slice().buffer);

/** True for the files of heads other than a sequence's single class. */
export const isTaskFile = (name: string): boolean => name.startsWith("task-");

export function loadParityFile(name: string, bytes: Uint8Array): ParityFile {
  const file = readSafetensors(bytes, name);
  const task = (file.metadata.task ?? "single_label_classification") as TaskName;
  const json = JSON.parse(file.metadata.config);
  const config = withLabels(parseEncoderConfig({ ...json, seq_classif_dropout: 0.1 }, name), labelsOf(file), task);
  const [B, n] = file.tensors.get("input_ids")!.shape;
  const mask = ints(file, "attention_mask");
  const lengths = Int32Array.from({ length: B }, (_, b) => mask.subarray(b * n, (b + 1) * n).reduce((sum, bit) => sum + bit, 0));
  const context: BatchContext = {
    bindings: { B, n },
    lengths,
    examples: Int32Array.from({ length: B }, (_, b) => b),
    inputIds: ints(file, "input_ids"),
    tokenTypeIds: ints(file, "token_type_ids"),
    ...(file.tensors.has("pixel_values") && { pixels: floats(file, "pixel_values") }),
    labels: new Int32Array(B),
    seed: 0,
    step: 0,
    training: true,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
  };
  return { file, config, context: { ...context, ...targetsOf(file, config, context) } };
}

/** The classes are recorded by the shape of the classifier alone. */
function labelsOf({ tensors }: Safetensors): string[] {
  const bias = tensors.get("weight.classifier.bias") ?? tensors.get("weight.classifier.out_proj.bias");
  return Array.from({ length: bias?.shape[0] ?? 0 }, (_, c) => `LABEL_${c}`);
}

/** What a batch says of labels, by the head; the divisors are those of PyTorch's means. */
function targetsOf(file: Safetensors, { task, numLabels: C }: EncoderConfig, { bindings }: BatchContext): Partial<BatchContext> {
  const { B, n } = bindings;
  const classWeights = file.tensors.has("classWeights") ? { classWeights: [...floats(file, "classWeights")] } : {};
  if (task === "regression") return { labels: floats(file, "labels") };
  if (task === "multi_label_classification") {
    const holds = floats(file, "labels");
    const labelSets = Array.from({ length: B }, (_, b) =>
      Array.from({ length: C }, (_, c) => c).filter((c) => holds[b * C + c] === 1),
    );
    return { labelSets, ...classWeights };
  }
  const labels = ints(file, "labels").map((label) => (label === -100 ? -1 : label));
  if (task === "single_label_classification") {
    const weightOf = (label: number): number => classWeights.classWeights?.[label] ?? 1;
    return { labels, ...classWeights, lossDivisor: Array.from(labels, weightOf).reduce((a, b) => a + b, 0) };
  }
  const labelled = Int32Array.from(labels.keys()).filter((at) => labels[at] >= 0);
  if (task === "masked_lm") {
    const masked = { rows: labelled, labels: labelled.map((at) => labels[at]) };
    return { masked, bindings: { ...bindings, M: labelled.length }, lossDivisor: labelled.length };
  }
  const labelSets = Array.from({ length: B }, (_, b) => labels.subarray(b * n, (b + 1) * n));
  return { labelSets, lossDivisor: labelled.length };
}

export const feedsFrom = (file: Safetensors, graph: ModelGraph, context: BatchContext, training: boolean): Feeds =>
  feedsOf(
    graph,
    { ...context, training },
    (name) => floats(file, `weight.${name}`),
    (site) => floats(file, `mask.${site}`),
  );

const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => norm(Array.from(a, (v, i) => v - b[i]));

export function assertClose(what: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  assert.equal(got.length, want.length, what);
  for (const [i, v] of Array.from(got).entries())
    assert.ok(Math.abs(v - want[i]) <= tolerance, `${what}[${i}]: got ${v}, want ${want[i]}`);
}

/** Each by ‖a − b‖ ≤ 1e-4 · ‖b‖ + 1e-7 · (norm of all), and every parameter of the file, and no other. */
export function assertGradients(
  file: Safetensors,
  prefix: string,
  names: readonly string[],
  got: Record<string, ArrayLike<number>>,
): void {
  const stored = [...file.tensors.keys()].filter((key) => key.startsWith(`${prefix}grad.`));
  assert.deepEqual(
    [...names].sort(),
    stored.map((key) => key.slice(`${prefix}grad.`.length)).sort(),
    "every parameter of the fixture, and no other",
  );
  const global = norm(names.map((name) => norm(floats(file, `${prefix}grad.${name}`))));
  for (const name of names) {
    const want = floats(file, `${prefix}grad.${name}`);
    const off = distance(got[`grad ${name}`], want);
    const tolerance = 1e-4 * norm(want) + 1e-7 * global;
    assert.ok(off <= tolerance, `${name}: off by ${off}, allowed ${tolerance}`);
  }
}
