import type { BatchContext } from "../batch/index.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import {
  type AnyArray,
  broadcastTo,
  cast,
  constant,
  type FedInput,
  gather,
  input,
  mul,
  type Node,
  product,
  reshape,
  substitute,
  topological,
  transpose,
} from "../graph/index.ts";
import { type EncoderConfig, imagePatches } from "../models/index.ts";
import { interpret } from "../runtime/index.ts";
import { bindLength } from "./bind-length.ts";
import { sampleBatch, type WrittenInput, written } from "./sample-batch.ts";

type ImageConfig = NonNullable<EncoderConfig["image"]>;

/**
 * Replace every input that TypeScript fills by what follows from the pixels, so that a graph of images can run on its own.
 *
 * All images have the same number of tokens: what does not depend on the pixels is the same for every image, and becomes a constant.
 *
 * @param root - Output of the graph.
 * @param inputs - With what fills them, in evaluation.
 * @returns The root over `pixel_values`, float [B, C, H, W], normalised as the encoder expects.
 * @throws `export/random` for an input that depends on the image's number or on the seed; `export/input` for one of no known form.
 */
export function deriveImageInputs(root: Node, inputs: readonly FedInput<BatchContext>[], image: ImageConfig): Node {
  const tokens = imagePatches(image) + 1;
  const { root: bound, of } = bindLength(root, tokens);
  const pixels = input("pixel_values", ["B", image.channels, ...image.size]);
  const read = new Set(topological([root]));
  const replacements = new Map<Node, Node>();
  for (const { node, fill } of inputs) {
    if (!read.has(node)) continue;
    const where = `export, input ${node.attrs.name}`;
    if (fill.kind !== "values") throw expectedGot("export/input", where, "a graph without dropout", "a mask");
    const replaced = of.get(node)!;
    replacements.set(replaced, formOf({ node, fill }, { replaced, pixels, image, tokens, where }));
  }
  return substitute([bound], replacements)[0];
}

interface Given {
  /** The input with n bound. */
  readonly replaced: Node;
  readonly pixels: Node;
  readonly image: ImageConfig;
  readonly tokens: number;
  readonly where: string;
}

function formOf(fed: WrittenInput, { replaced, pixels, image, tokens, where }: Given): Node {
  const contexts = [1, 3].map((count) => imageBatch(count, image, tokens));
  const { dtype, shape } = replaced;
  const forms: (() => Node | null)[] = [
    () => sameForAll(written(fed, contexts[0]), replaced),
    () => (dtype === "float" && shape.length === 2 ? patchRows(pixels, image) : null),
  ];
  for (const form of forms) {
    const made = form();
    if (made === null || made.shape.join() !== shape.join()) continue;
    if (contexts.every((context) => same(written(fed, context), computed(made, context)))) return made;
  }
  const [first] = contexts;
  const other = { ...first, examples: first.examples.map((index) => index + 1000), seed: first.seed + 1 };
  if (!same(written(fed, first), Array.from(written(fed, other), Number))) {
    const rule = "values that follow from the pixels, got some drawn for each image. A random pattern has no ONNX form.";
    throw new CrispError("export/random", `${where}: expected ${rule}`);
  }
  throw expectedGot("export/input", where, "patches, or the same values for every image", `${dtype} [${shape.join(", ")}]`);
}

/** The values of one image for each image of a batch. */
function sameForAll(ofOne: AnyArray, { shape, dtype }: Node): Node | null {
  const stored = dtype === "bool" ? "int32" : dtype; // not every device repeats bools
  const numbers = Array.from(ofOne, Number);
  const one = shape.map((dim) => (dim === "B" ? 1 : dim));
  if (!one.every((dim) => typeof dim === "number")) return null;
  const values = constant(numbers, one, stored);
  return cast(shape.includes("B") ? broadcastTo(values, shape) : values, dtype);
}

/** [B·n, C·P·P]: the patches of each image as a convolution's kernel reads them, behind a row of zeros for the class token. */
function patchRows(pixels: Node, { size, patch, channels }: ImageConfig): Node {
  const [down, across] = [Math.floor(size[0] / patch[0]), Math.floor(size[1] / patch[1])];
  const upTo = (count: number): Node =>
    constant(
      Array.from({ length: count }, (_, at) => at),
      [count],
      "int32",
    );
  let x = transpose(pixels, [2, 3, 0, 1]); // [H, W, B, C]
  if (size[0] % patch[0] !== 0) x = gather(x, upTo(down * patch[0]));
  if (size[1] % patch[1] !== 0) x = transpose(gather(transpose(x, [1, 0, 2, 3]), upTo(across * patch[1])), [1, 0, 2, 3]);
  x = reshape(x, [down, patch[0], across, patch[1], "B", channels]);
  x = transpose(x, [0, 2, 4, 5, 1, 3]); // [down, across, B, C, P, P]
  const [patches, width] = [down * across, channels * patch[0] * patch[1]];
  const table = reshape(x, [patches, "B", width]); // [n − 1, B, C·P·P]
  const rows = Array.from({ length: patches + 1 }, (_, at) => Math.max(0, at - 1));
  const real = rows.map((_, at) => Number(at > 0));
  const placed = mul(gather(table, constant(rows, [patches + 1], "int32")), constant(real, [patches + 1, 1, 1], "float"));
  return reshape(transpose(placed, [1, 0, 2]), [product([patches + 1, "B"]), width]);
}

/** Images of numbers without a pattern, in evaluation. */
function imageBatch(count: number, { size, channels }: ImageConfig, tokens: number): BatchContext {
  const pixels = Float32Array.from({ length: count * channels * size[0] * size[1] }, (_, at) => ((at * 31 + 7) % 211) / 64);
  return { ...sampleBatch(new Array(count).fill(tokens), tokens), pixels };
}

function computed(node: Node, { bindings: { B }, pixels }: BatchContext): ArrayLike<number> {
  return interpret({ node }, { pixel_values: pixels! }, { B }).node.data;
}

const same = (wanted: AnyArray, got: ArrayLike<number>): boolean =>
  wanted.length === got.length && Array.from(wanted, Number).every((value, at) => value === Math.fround(got[at]));
