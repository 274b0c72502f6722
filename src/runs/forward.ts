import type { AttentionPlan } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { type Batch, collate, type Encoded, evaluationOrder, meanOfWindows, tokenCounts, windowRows } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { allocate, bindShape, elements, type Node } from "../graph/index.ts";
import { buildModel, type EncoderConfig, type ModelGraph, parameterSpecs, validPairs } from "../models/index.ts";
import type { HostTensor, Runtime, Session, Tensor } from "../runtime/index.ts";
import { type MaskingRules, tasks } from "../tasks/index.ts";
import { coreOf } from "./core-of.ts";
import type { LoadImages } from "./image-input.ts";

/** How a batch enters a graph, beside its tokens. */
export type ContextSettings = Pick<
  BatchContext,
  "seed" | "step" | "training" | "strength" | "labelSmoothing" | "lossDivisor" | "classWeights"
>;

/** A batch as graph inputs are filled from it. */
export function batchContext(batch: Batch, settings: ContextSettings): BatchContext {
  const { size, length, indices, labels, masked, ...own } = batch;
  const bindings = { B: size, S: labels.length, n: length, ...(masked && { M: masked.rows.length }) };
  return { bindings, examples: indices, labels, masked, ...own, ...settings };
}

/** What an evaluation graph gives for a set of examples, in their order. */
export interface Evaluated {
  /** [examples][C], [examples][n · C] for a task of tokens, or [examples][texts · C] for one of pairs: see `Task.outputs`; none where the task has only a loss. */
  readonly probabilities: number[][];
  /** In the same places; of a text in several windows the mean of theirs. */
  readonly logits: number[][];
  /** Mean loss, where the task is evaluated by its loss alone. */
  readonly loss?: number;
  /** Pairs of real tokens over all layers and heads, and those that the plan keeps. */
  readonly pairs: { readonly valid: number; readonly kept: number };
}

/** Forward passes of a classifier under one attention plan. */
export interface Forward {
  /**
   * @param signal - Looked at before each batch.
   * @throws `signal.reason` once it is aborted; `model/not-finite` for logits or a loss that are no finite numbers.
   */
  evaluate(examples: readonly Encoded[], signal?: AbortSignal): Promise<Evaluated>;
  /**
   * Attention probabilities of one example, of its first text or window, [layers] of [H, n, n]; none where the core has no such matrix.
   *
   * @param which - The last layer alone takes a share of the memory; default all.
   */
  attention(example: Encoded, which?: "all" | "last"): Promise<Float32Array[]>;
  release(): Promise<void>;
}

export interface ForwardOptions {
  readonly runtime: Runtime;
  readonly config: EncoderConfig;
  readonly plan: AttentionPlan;
  /** By Hugging Face name; asked at each call, so that a trainer's own tensors may be given. */
  readonly parameters: () => Readonly<Record<string, Tensor>>;
  /** Of the run: patterns that draw at random are fixed per example under it. */
  readonly seed: number;
  /** Examples in a batch. */
  readonly batchSize: number;
  /** Tokens of the longest text, about: by it the core is chosen. Default: every pair is computed. */
  readonly longest?: number;
  readonly padTokenId: number;
  /** Masked language model: how tokens are hidden. */
  readonly masking?: MaskingRules;
  /** Encoders of images: loads those of a batch before it is computed. */
  readonly loadImages?: LoadImages;
}

/**
 * Compile the evaluation graph of a classifier: no dropout, attention as the plan has it at full strength.
 *
 * @example
 * const forward = await createForward({ runtime, config, plan, parameters: () => state.feeds(), seed: 1, batchSize: 64, padTokenId: 0 });
 * (await forward.evaluate(encoded)).probabilities[0]; // [0.1, 0.9]
 */
export async function createForward(options: ForwardOptions): Promise<Forward> {
  const { runtime, config, plan, parameters, seed, batchSize, padTokenId, masking, loadImages } = options;
  const { outputs, perToken, averagesWindows, collate: taskCollate, lossWeight } = tasks[config.task];
  const { core } = coreOf(plan, config, runtime, options.longest ?? 1);
  const graph = buildModel(config, { plan, core, training: false });
  const session = await runtime.compile({
    ...(outputs ? { logits: graph.logits } : { loss: graph.loss }),
    ...named("kept", graph.keptPairs),
  });

  // whoever looks at probabilities wants all of them
  const whole = core.keepsProbabilities ? graph : buildModel(config, { plan, training: false });
  const maps = new Map<"all" | "last", Promise<Session>>();

  const contextOf = (batch: Batch): BatchContext => {
    const settings = { seed, step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 };
    return batchContext(batch, settings);
  };
  const collated = async (examples: readonly Encoded[]): Promise<readonly Encoded[]> => {
    const loaded = loadImages ? await loadImages(examples) : examples;
    return taskCollate?.(loaded, { seed, epoch: -1, masking }) ?? loaded;
  };
  const feedsOf = (batch: Batch, { inputs }: Session, from: ModelGraph): Record<string, Tensor> => {
    const wanted = new Set(inputs.map(({ name }) => name));
    return { ...pick(parameters(), wanted), ...fillInputs(from, contextOf(batch), wanted) };
  };

  return {
    async evaluate(asked, signal) {
      // windows are evaluated like texts of their own, so that a batch of long texts is not larger than others
      const windows = averagesWindows && asked.some(({ others }) => others) ? windowRows(asked) : undefined;
      const examples = windows?.rows ?? asked;
      const logits: number[][] = new Array(outputs ? examples.length : 0);
      let [kept, valid, loss, weight] = [0, 0, 0, 0];
      for (const positions of evaluationOrder({ lengths: tokenCounts(examples), batchSize })) {
        if (signal) await letMessagesThrough(signal);
        const chosen = await collated(Array.from(positions, (at) => examples[at]));
        const batch = collate(chosen, padTokenId);
        const out = await session.run(feedsOf(batch, session, graph));
        if (outputs) {
          const rows = out.logits.data as Float32Array;
          // of a row of several texts, the outputs of all, one behind the other
          const perRow = rows.length / positions.length;
          const { numLabels } = config;
          positions.forEach((at, row) => {
            const own = perToken ? batch.lengths[row] * numLabels : perRow;
            logits[at] = [...rows.subarray(row * perRow, row * perRow + own)];
            checkFinite(logits[at], "logits", `example ${(windows?.exampleOf[at] ?? at) + 1}`);
          });
        } else {
          const sum = (out.loss.data as Float32Array)[0];
          checkFinite([sum], "a loss", `${positions.length} examples`);
          loss += sum;
          weight += lossWeight(chosen);
        }
        for (const length of batch.lengths) valid += validPairs(config, length);
        graph.keptPairs.forEach((_, layer) => {
          for (const count of out[`kept${layer}`].data as Float32Array) kept += count;
        });
      }
      const pairs = { valid, kept };
      if (!outputs) return { logits, probabilities: [], loss: loss / weight, pairs };
      const ofTexts = windows ? meanOfWindows(logits, windows.exampleOf) : logits;
      return { logits: ofTexts, probabilities: ofTexts.map((row) => outputs.of(row, config.numLabels)), pairs };
    },
    async attention({ others: _, ...example }, which = "all") {
      const outputs = named("attention", which === "all" ? whole.probabilities : whole.probabilities.slice(-1));
      if (!maps.has(which)) maps.set(which, runtime.compile(outputs));
      const ofMaps = await maps.get(which)!;
      const out = await ofMaps.run(feedsOf(collate(await collated([example]), padTokenId), ofMaps, whole));
      return Object.keys(outputs).map((name) => out[name].data as Float32Array);
    },
    async release() {
      await session.release();
      for (const ofMaps of maps.values()) await (await ofMaps).release();
    },
  };
}

/**
 * What a model gives: a NaN would pass for a wrong answer, and an accuracy be counted of it.
 *
 * @throws `model/not-finite`.
 */
export function checkFinite(values: ArrayLike<number>, what: string, of: string): void {
  for (let at = 0; at < values.length; at++) {
    if (Number.isFinite(values[at])) continue;
    const hint = "Its weights are damaged or the training diverged: take another checkpoint.";
    throw expectedGot("model/not-finite", "the model", `${what} of finite numbers for ${of}`, values[at], hint);
  }
}

/** ONNX Runtime blocks this thread, so that whoever aborts from another one is heard only between batches. */
async function letMessagesThrough(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

const named = (name: string, nodes: readonly Node[]): Record<string, Node> =>
  Object.fromEntries(nodes.map((node, layer) => [`${name}${layer}`, node]));

/** Weights by Hugging Face name, as sessions take them. */
export const weightTensors = (config: EncoderConfig, weights: ReadonlyMap<string, Float32Array>): Record<string, HostTensor> =>
  Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, { dtype: "float", shape, data: weights.get(name)! } as const]),
  );

/** Weights are carried to a device once, not at every batch. */
export async function onItsDevice({ memory }: Runtime, weights: Record<string, HostTensor>): Promise<Record<string, Tensor>> {
  if (!memory) return weights;
  const entries: [string, Tensor][] = [];
  for (const [name, tensor] of Object.entries(weights)) entries.push([name, await memory.upload(tensor)]);
  return Object.fromEntries(entries);
}

const pick = <T>(all: Readonly<Record<string, T>>, wanted: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));

/** Everything a session wants beside parameters, filled from one batch. */
export function fillInputs(
  graph: Pick<ModelGraph, "inputs">,
  context: BatchContext,
  wanted: ReadonlySet<string>,
): Record<string, HostTensor> {
  const filled = graph.inputs.flatMap(({ node, fill }): [string, HostTensor][] => {
    const name = node.attrs.name as string;
    if (!wanted.has(name) || fill.kind !== "values") return [];
    const shape = bindShape(node.shape, context.bindings);
    const data = allocate[node.dtype](elements(shape));
    fill.write(data, context);
    return [[name, { dtype: node.dtype, shape, data } as HostTensor]];
  });
  return Object.fromEntries(filled);
}
