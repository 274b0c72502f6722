import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchContext } from "../batch/index.ts";
import { createTokenizer, readDocuments, readTokenizerJson, textBlocks } from "../data/index.ts";
import { buildModel, weightsFrom } from "../models/index.ts";
import { loadModelFolder } from "../models/index-node.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { fillInputs } from "./forward.ts";
import { type MaskedText, maskedBatches, maskedContext } from "./masked-run.fixture.ts";

/** A batch as another library takes it; `labels` are -100 where nothing is predicted. */
export interface PlainMaskedBatch {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly labels: number[][];
}

/** A text as `pretrain` cuts and hides it with the same settings. */
export type ReplayedText = MaskedText;

const settings = { step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 } as const;

/** Read a text by the tokenizer of a model folder. */
export function replayedText(
  file: string,
  folder: string,
  { maxLength, batchSize, seed }: { readonly maxLength: number; readonly batchSize: number; readonly seed: number },
): ReplayedText {
  const names = ["tokenizer.json", "tokenizer_config.json"];
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  const tokenizer = createTokenizer({ ...readTokenizerJson(files, folder), maxLength });
  const { maskTokenId, vocabularySize, specialIds, padTokenId } = tokenizer;
  const blocks = textBlocks(readDocuments(readFileSync(file, "utf8"), file), tokenizer);
  const masking = { probability: 0.15, maskTokenId: maskTokenId!, vocabularySize, specialIds };
  return { blocks, masking, padTokenId, batchSize, seed };
}

/** The batches of the first updates, in the order of training. */
export function trainingBatches(text: ReplayedText, updates: number): PlainMaskedBatch[] {
  const batches = maskedBatches(text);
  return Array.from({ length: updates }, (_, step) => {
    const epoch = Math.floor(step / batches.batchesPerEpoch);
    return plain(batches.contexts(epoch, step % batches.batchesPerEpoch, { step, lossDivisor: 1 })[0]);
  });
}

/** The first batch as it is evaluated, and the scores [M][V] that a saved folder gives with dense attention. */
export async function evaluatedBatch(text: ReplayedText, folder: string) {
  const context = maskedContext(text, [...text.blocks.slice(0, text.batchSize).keys()], -1, settings);
  const { config, tensors } = loadModelFolder(folder);
  const { weights, fresh } = weightsFrom(config, { tensors }, { seed: 0, where: folder });
  if (fresh.length > 0) throw new Error(`${folder} lacks ${fresh.join(", ")}`);
  const graph = buildModel(config, { training: false });
  const session = await (await createRuntime()).compile({ logits: graph.logits });
  const wanted = new Set(session.inputs.map(({ name }) => name));
  const shapes = new Map(graph.parameters.map(({ attrs, shape }) => [attrs.name as string, shape as readonly number[]]));
  const parameters = [...weights].map(([name, data]) => [name, { dtype: "float", shape: shapes.get(name)!, data }] as const);
  const { logits } = await session.run({ ...Object.fromEntries(parameters), ...fillInputs(graph, context, wanted) });
  await session.release();
  return { batch: plain(context), logits: logits.data as Float32Array };
}

function plain({ bindings: { B, n }, inputIds, lengths, masked }: BatchContext): PlainMaskedBatch {
  const labels = new Array<number>(B * n).fill(-100);
  masked!.rows.forEach((row, at) => {
    labels[row] = masked!.labels[at] < 0 ? -100 : masked!.labels[at];
  });
  const rows = <T>(values: ArrayLike<T>): T[][] =>
    Array.from({ length: B }, (_, row) => Array.from(values).slice(row * n, (row + 1) * n));
  const valid = Array.from({ length: B * n }, (_, at) => Number(at % n < lengths[Math.floor(at / n)]));
  return { inputIds: rows(inputIds), attentionMask: rows(valid), labels: rows(labels) };
}
