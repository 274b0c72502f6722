import type { BatchContext } from "../batch/index.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import {
  type AnyArray,
  and,
  cast,
  constant,
  equal,
  type FedInput,
  input,
  type Node,
  reshape,
  sameShape,
  showShape,
  substitute,
  sumTo,
  topological,
  where,
} from "../graph/index.ts";
import { interpret } from "../runtime/index.ts";
import { forms, type ModelInputs } from "./derived-forms.ts";
import { range } from "./length-ops.ts";
import { sampleBatch, type WrittenInput, written } from "./sample-batch.ts";

/** The last token of every text, as the tokenizer closes it. */
export interface Closing {
  /** Most tokens a text. */
  readonly maxLength: number;
  /** Id of the token that closes it, [SEP]. */
  readonly tokenId: number;
}

/**
 * Replace every input that TypeScript fills by what follows from the token ids and the mask, so that a graph can run on its own.
 *
 * Each input is recognised by what its function writes for sample batches; see `forms`. A batch is taken to be padded at the end, and
 * only to its longest text or further.
 *
 * @param root - Output of the graph.
 * @param inputs - With what fills them, in evaluation.
 * @param options.closing - Put the closing token at the end of a text of full length: truncation that cuts off the end of the tokens,
 *   as transformers.js does, then gives what Crisp gives, which cuts off the end of the text.
 * @returns The root over `input_ids`, `attention_mask` and `token_type_ids`, all int64 [B, n], the last where it is read.
 * @throws `export/random` for an input that depends on the example's number or on the seed; `export/input` for one of no known form.
 */
export function deriveInputs(
  root: Node,
  inputs: readonly FedInput<BatchContext>[],
  { maxPositions, closing }: { readonly maxPositions: number; readonly closing?: Closing },
): Node {
  const read = new Set(topological([root]));
  const given = modelInputs();
  const replacements = new Map<Node, Node>();
  for (const { node, fill } of inputs) {
    if (!read.has(node)) continue;
    if (fill.kind !== "values") throw expectedGot("export/input", `export, ${nameOf(node)}`, "a graph without dropout", "a mask");
    replacements.set(node, formOf({ node, fill }, given, maxPositions));
  }
  const derived = substitute([root], replacements)[0];
  return closing ? substitute([derived], new Map([[given.tokens, closed(given, closing)]]))[0] : derived;
}

function modelInputs(): ModelInputs {
  const ids = input("input_ids", ["B", "n"], "int64");
  const mask = input("attention_mask", ["B", "n"], "int64");
  const positions = range("n");
  const lengths = reshape(sumTo(cast(mask, "int32"), ["B", 1]), ["B"]);
  return {
    ids,
    mask,
    types: input("token_type_ids", ["B", "n"], "int64"),
    tokens: cast(ids, "int32"),
    positions,
    lengths,
  };
}

function closed({ tokens, positions, lengths }: ModelInputs, { maxLength, tokenId }: Closing): Node {
  const number = (value: number): Node => constant(value, [], "int32");
  const full = equal(reshape(lengths, ["B", 1]), number(maxLength)); // [B, 1]
  const last = and(full, equal(reshape(positions, [1, "n"]), number(maxLength - 1))); // [B, n]
  return where(last, number(tokenId), tokens); // [B, n]
}

const nameOf = ({ attrs }: Node): string => attrs.name as string;

function formOf(input: WrittenInput, given: ModelInputs, maxPositions: number): Node {
  const { node } = input;
  const batches = sampleBatches(maxPositions);
  // one small batch rules most forms out; the others must fit too
  for (const form of Object.values(forms)) {
    const made = attempt(() => form(input, given, maxPositions));
    if (!made || made.dtype !== node.dtype || !sameShape(made.shape, node.shape)) continue;
    if (batches.every((context) => sameValues(written(input, context), computed(made, context)))) return made;
  }
  const where = `export, input ${nameOf(node)}`;
  if (isDrawn(input, batches[0])) {
    throw new CrispError(
      "export/random",
      `${where}: expected values that follow from the tokens, got some drawn for each example. A random pattern has no ONNX form.`,
    );
  }
  const rule = `one of: ${Object.keys(forms).join(", ")}`;
  throw expectedGot(
    "export/input",
    where,
    rule,
    `${node.dtype} ${showShape(node.shape)}`,
    "Only classifiers of texts and of images are exported.",
  );
}

/** Whether the same tokens give other values under another number or seed. */
function isDrawn(input: WrittenInput, context: BatchContext): boolean {
  const other = { ...context, examples: context.examples.map((index) => index + 1000), seed: context.seed + 1 };
  const values = attempt(() => [written(input, context), written(input, other)] as const);
  return values !== null && !sameValues(values[0], Array.from(values[1], Number));
}

/** Null where an input's function does not take such a batch, of tokens alone: it is asked about inputs of every kind. */
function attempt<T>(make: () => T | null): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Ragged batches, each padded to its longest text. */
function sampleBatches(maxPositions: number): BatchContext[] {
  const lengths = [
    [3, 7, 1, 4],
    [1],
    [2, 1],
    Array.from({ length: 12 }, (_, at) => 5 + 3 * at),
    [33, 64, 17],
    [maxPositions, 1, Math.ceil(maxPositions / 2)],
  ];
  return lengths
    .map((row) => row.map((length) => Math.min(length, maxPositions)))
    .map((row, at) => sampleBatch(row, Math.max(...row), { salt: at + 1 }));
}

function computed(node: Node, { bindings, inputIds, tokenTypeIds, lengths }: BatchContext): ArrayLike<number> {
  const { n } = bindings;
  const mask = inputIds.map((_, at) => Number(at % n < lengths[Math.floor(at / n)]));
  const feeds = { input_ids: inputIds, attention_mask: mask, token_type_ids: tokenTypeIds };
  return interpret({ node }, feeds, bindings).node.data;
}

const sameValues = (wanted: AnyArray, got: ArrayLike<number>): boolean =>
  wanted.length === got.length && Array.from(wanted, Number).every((value, at) => value === Math.fround(got[at]));
