import type { BatchContext } from "../../batch/index.ts";
import {
  type AnyArray,
  type ArrayOf,
  type Bindings,
  bindShape,
  broadcastTo,
  elements,
  input,
  type Node,
} from "../../graph/index.ts";
import { foldKey, hashWords, normalFill } from "../../random/index.ts";
import type { HostTensor, Session } from "../../runtime/index.ts";
import { visibility } from "../visibility.ts";
import { block } from "./block.ts";
import { bottomK } from "./bottom-k.ts";
import { anyOf, inOrder } from "./compose.ts";
import { dense } from "./dense.ts";
import { global } from "./global.ts";
import { heads } from "./heads.ts";
import { nOfM } from "./n-of-m.ts";
import type { GraphView, HeadView, Pattern } from "./pattern.ts";
import { random } from "./random.ts";
import { patterns } from "./registry.ts";
import { slidingWindow } from "./sliding-window.ts";
import { strided } from "./strided.ts";
import { threshold } from "./threshold.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** Compositions and options that the registry's samples leave out, at one sparsity. */
export const variants = (sparsity: number): Pattern[] => [
  topK({ sparsity, rankOver: { paddedTo: 16 } }),
  topK({ sparsity, keepSpecial: true }),
  topK({ sparsity, rankOver: { paddedTo: 128 }, keepSpecial: true }),
  bottomK({ sparsity, rankOver: { paddedTo: 16 }, keepSpecial: true }),
  inOrder(slidingWindow({ sparsity }), bottomK({ sparsity })),
  inOrder(heads({ heads: [1] }), topP({ mass: 0.5 })),
  inOrder(topP({ mass: 0.7 }), slidingWindow({ sparsity })),
  anyOf(topP({ mass: 0.3 }), slidingWindow({ radius: 1 })),
  random({ sparsity, rankOver: { paddedTo: 16 }, keepSpecial: true }),
  slidingWindow({ radius: 2 }),
  global({ tokens: 2 }),
  anyOf(slidingWindow({ radius: 1 }), global({ tokens: 1 })),
  inOrder(random({ sparsity }), global({ tokens: 1 })),
  heads({ heads: [0] }),
  inOrder(heads({ heads: [1] }), topK({ sparsity })),
  inOrder(slidingWindow({ sparsity }), heads({ sparsity })),
  inOrder(heads({ sparsity }), anyOf(strided({ stride: 2 }), random({ sparsity }))),
  anyOf(slidingWindow({ radius: 1 }), heads({ heads: [1] })),
  threshold({ probability: 0.3 }),
  inOrder(topK({ sparsity }), threshold({ probability: 0.2 })),
  inOrder(threshold({ probability: 0.05 }), slidingWindow({ sparsity })),
  nOfM({ n: 1, m: 3 }),
  inOrder(slidingWindow({ sparsity }), nOfM({ n: 2, m: 8 })),
  inOrder(nOfM({ sparsity, m: 5 }), slidingWindow({ sparsity })),
  block({ sparsity, size: 3 }),
  block({ sparsity, size: 2, keepOwn: true }),
  block({ sparsity, size: 1 }),
  inOrder(random({ sparsity: sparsity / 2 }), block({ sparsity, size: 4 })),
  inOrder(slidingWindow({ sparsity }), block({ sparsity, size: 2 })),
  inOrder(heads({ heads: [1] }), block({ sparsity, size: 5, keepOwn: true })),
  inOrder(block({ sparsity, size: 3 }), strided({ stride: 2 })),
  anyOf(block({ sparsity, size: 4 }), slidingWindow({ radius: 1 })),
  strided({ stride: 3 }),
  anyOf(strided({ sparsity }), slidingWindow({ radius: 1 })),
  inOrder(topK({ sparsity }), strided({ stride: 2 })),
  inOrder(topK({ sparsity }), slidingWindow({ sparsity })),
  inOrder(random({ sparsity }), slidingWindow({ radius: 1 })),
  inOrder(slidingWindow({ radius: 4 }), topK({ sparsity, keepSpecial: true })),
  inOrder(dense(), slidingWindow({ sparsity }), random({ sparsity })),
  inOrder(topK({ sparsity }), topK({ sparsity, rankOver: { paddedTo: 12 } }), slidingWindow({ radius: 0 })),
  inOrder(topK({ sparsity }), anyOf(slidingWindow({ radius: 1 }), random({ sparsity, keepSpecial: true }))),
  anyOf(slidingWindow({ radius: 1 }), topK({ sparsity })),
  anyOf(random({ sparsity }), inOrder(random({ sparsity: sparsity / 2 }), slidingWindow({ sparsity }))),
];

/** Every pattern that takes a sparsity, at one sparsity, and the variants. */
export const everyPattern = (sparsity: number): Pattern[] => [
  ...Object.values(patterns).map((entry) => entry.ofSparsity?.(sparsity) ?? entry.sample()),
  ...variants(sparsity),
];

/** True of a pattern without a sparsity to ramp, which has a test of its own. */
export function refusesRamp(pattern: Pattern): boolean {
  try {
    pattern.keep({ ...head(1, 0), strength: 0.5 });
    return false;
  } catch (error) {
    if ((error as { code?: string }).code !== "pattern/bad-schedule") throw error;
    return true;
  }
}

/** `n` tokens, the last `padded` of them padding, with scores that have no ties. */
export function head(n: number, padded: number, sign = 1): HeadView {
  return {
    n,
    key: { seed: 1, step: 0, layer: 0, head: 1, example: 0 },
    heads: 4,
    scores: Float32Array.from({ length: n * n }, (_, at) => sign * Math.sin(7 * Math.floor(at / n) + 3 * (at % n))),
    allowed: visibility().allowed(n - padded, n),
  };
}

export const row = (mask: Uint8Array, n: number, query: number): number[] => [...mask.subarray(query * n, (query + 1) * n)];

/** A made-up batch: what graph inputs are filled from, and scores for H heads. */
export interface MadeUpBatch extends BatchContext {
  readonly heads: number;
  readonly layer: number;
  /** Float [B, H, n, n]. */
  readonly scores: Float32Array;
}

/** Scores are standard normal; `ties` rounds them to halves, so that most rows hold equal scores. */
export function madeUpBatch(
  lengths: readonly number[],
  options: Partial<BatchContext> & { heads?: number; layer?: number; extraPadding?: number; ties?: boolean } = {},
): MadeUpBatch {
  const { heads = 2, layer = 1, extraPadding = 0, ties = false, seed = 1, ...rest } = options;
  const n = Math.max(...lengths) + extraPadding;
  const B = lengths.length;
  const scores = new Float32Array(B * heads * n * n);
  normalFill(scores, { seed, step: 0, site: "scores" });
  const words = foldKey({ seed, step: 0, site: "examples" });
  return {
    bindings: { B, n },
    lengths: Int32Array.from(lengths),
    examples: Int32Array.from(lengths, (_, at) => hashWords(words.key0, words.key1, at) >>> 12),
    inputIds: new Int32Array(B * n),
    tokenTypeIds: new Int32Array(B * n),
    labels: new Int32Array(B),
    seed,
    step: 5,
    training: true,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
    ...rest,
    heads,
    layer,
    scores: ties ? scores.map((x) => Math.round(2 * x) / 2) : scores,
  };
}

/** The view of one head of a made-up batch, as the reference forms take it. */
export function headOf(batch: MadeUpBatch, example: number, which: number): HeadView {
  const { n } = batch.bindings;
  const size = n * n;
  const at = (example * batch.heads + which) * size;
  return {
    n,
    key: {
      seed: batch.seed,
      step: batch.training ? batch.step : 0,
      layer: batch.layer,
      head: which,
      example: batch.examples[example],
    },
    scores: batch.scores.slice(at, at + size),
    allowed: visibility().allowed(batch.lengths[example], n),
    heads: batch.heads,
    strength: batch.strength,
  };
}

/** A graph view over inputs that are fed from a made-up batch. */
export class FedView implements GraphView {
  /** Queries are rows of scores and keys unit vectors, so that q · k is the score: d = n. */
  readonly q: Node;
  readonly k: Node;
  readonly scores: () => Node;
  readonly visibility = visibility();
  readonly allowed: Node;
  readonly full = true;
  readonly layer: number;
  readonly heads: number;
  readonly #inputs = new Map<string, { node: Node; write: (out: AnyArray, context: BatchContext) => void }>();

  constructor({ heads, layer }: { heads: number; layer: number }) {
    this.heads = heads;
    this.layer = layer;
    this.input = this.input.bind(this);
    this.q = input("scores", ["B", heads, "n", "n"]);
    const unit = this.input("unit", ["n", "n"], "float", (out, { bindings: { n } }) => {
      for (let at = 0; at < out.length; at++) out[at] = Number(Math.floor(at / n) === at % n);
    });
    this.k = broadcastTo(unit, this.q.shape);
    this.scores = () => this.q;
    this.allowed = this.visibility.graph(this.input);
  }

  input(...[name, shape, dtype, write]: Parameters<GraphView["input"]>): Node {
    const known = this.#inputs.get(name);
    if (known) return known.node;
    const node = input(name, shape, dtype);
    this.#inputs.set(name, { node, write });
    return node;
  }

  /** Another layer of the same graph: it shares this one's inputs. */
  forLayer(layer: number): GraphView {
    return { ...this, layer };
  }

  /** Every input's values, as the interpreter takes them. */
  feeds(batch: MadeUpBatch): Record<string, ArrayLike<number>> {
    const feeds: Record<string, ArrayLike<number>> = { scores: batch.scores };
    for (const [name, { node, write }] of this.#inputs) feeds[name] = filled(node, write, batch);
    return feeds;
  }
}

function filled(node: Node, write: (out: AnyArray, context: BatchContext) => void, batch: MadeUpBatch): ArrayLike<number> {
  const size = elements(bindShape(node.shape, batch.bindings as Bindings));
  const arrays = { float: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array, uint8: Uint8Array };
  const out = new arrays[node.dtype](size);
  // Arrays are used again from batch to batch: nothing may rely on zeros.
  if (out instanceof BigInt64Array) out.fill(77n);
  else out.fill(node.dtype === "bool" ? 1 : 77);
  write(out, batch);
  return Array.from(out as ArrayLike<number>, Number);
}

/** What a session reads, as its runtime takes it. */
export function tensorsOf(
  inputs: Session["inputs"],
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  bindings: Bindings,
): Record<string, HostTensor> {
  const arrays = { float: Float32Array, int32: Int32Array, bool: Uint8Array, uint8: Uint8Array };
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      const values = feeds[name];
      const data = dtype === "int64" ? BigInt64Array.from(Array.from(values), BigInt) : arrays[dtype].from(values);
      return [name, { dtype, shape: bindShape(shape, bindings), data: data as ArrayOf[typeof dtype] }];
    }),
  );
}
