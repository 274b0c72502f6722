import { expectedGot } from "../../errors/index.ts";
import { bindDim, input } from "../../graph/index.ts";
import type { KeyBlocks } from "../patterns/pattern.ts";
import { type AttentionPlan, headGroups, isByBlocks, keepsAllPairs, planBlocks } from "../plan.ts";
import type { Visibility } from "../visibility.ts";
import { chunked } from "./chunked.ts";
import type { AttentionCore } from "./core.ts";
import { cores } from "./cores.ts";
import { gathered } from "./gathered.ts";
import { masked } from "./masked.ts";

/** The encoder that attends. */
export interface CoreSizes {
  readonly layers: number;
  /** H */
  readonly heads: number;
  /** Tokens of the longest text. */
  readonly length: number;
  /** Whether the CPU computes: the figures below are its. */
  readonly onCpu: boolean;
  /** Whether layers add a bias to their scores, which only `masked` computes; default false. */
  readonly biased?: boolean;
  visibility(layer: number): Visibility;
}

/** A core, and why it was taken. */
export interface CoreChoice {
  readonly core: AttentionCore;
  /** One line for people; undefined where there was nothing to choose. */
  readonly why?: string;
  /** How many times as fast as `masked` it is expected to be, where that is why it was taken. */
  readonly times?: number;
}

/**
 * What `gathered` costs, in pairs of a query and a key of `masked`, forward and backward: a pair that is computed, with its part of the
 * sums over blocks of queries, a product whose size grows with n / size²; and a block of queries beside its pairs. Fitted to
 * `bench/results/avx512/sweep.json` (128 to 4,096 tokens, blocks of 16 to 128; two cores with AVX-512). Figures, not a measurement of this
 * machine: the same command must give the same bytes on every one. `crisp bench attention` measures; `core` overrules.
 */
const costOfPair = (n: number, size: number): number => 1.1 + (0.26 * n) / size ** 2;
const costOfBlock = (size: number): number => 2500 + 135 * size;
/** In texts below so many tokens there is nothing to choose: blocks were not faster there, and a line a run would say so for nothing. */
const LEAST_LENGTH = 256;
/** What `masked` holds of a pair of one head from the forward to the backward pass: its probability before and after dropout, and a byte of mask. */
const BYTES_OF_PAIR = 9;
/** What `gathered` holds of a pair of a listed block: its probability, and a byte of mask. */
const BYTES_OF_LISTED = 5;
/** More than this of one text is not held where it need not be. */
const MOST_BYTES = 2e9;
/** The same of listed blocks: holding them saves 2 to 6 % of the attention's time, and MiniLM's step takes more than dense where they are 0.38 GB. */
const MOST_BYTES_LISTED = 0.25e9;

/**
 * Choose how a plan's attention is computed: as the plan says, or whatever is expected to be faster for the longest text.
 *
 * An encoder whose layers add a bias to their scores is computed by `masked`. The results are the same to rounding.
 *
 * @throws `pattern/bad-core` for an unknown core, or one that computes none of the layers, not the normaliser or no bias.
 */
export function chooseCore(plan: AttentionPlan, sizes: CoreSizes): CoreChoice {
  const { core: wanted = "auto" } = plan;
  const { biased = false } = sizes;
  const layers = Array.from({ length: sizes.layers }, (_, layer) => blocksOf(plan, sizes, layer));
  const some = layers.find((blocks) => blocks !== null);
  if (wanted !== "auto") {
    const core = cores[wanted];
    if (!core) throw expectedGot("pattern/bad-core", "attention.core", `auto or one of ${Object.keys(cores).join(", ")}`, wanted);
    if (!core.keepsProbabilities && !layers.every((_, layer) => isByBlocks(plan, layer))) {
      const rule = "a normaliser and a dropout that need no whole row, as this core holds none";
      const got = [plan.normaliser, plan.dropout].filter(Boolean).join(", ");
      throw expectedGot("pattern/bad-core", `attention.core ${wanted}`, rule, got, "Leave the core out, or take masked.");
    }
    if (biased && core !== masked) {
      const rule = "an encoder that adds no bias to its scores, such as BERT";
      throw expectedGot(
        "pattern/bad-core",
        `attention.core ${wanted}`,
        rule,
        "one with a bias",
        "Leave the core out, or take masked.",
      );
    }
    if (core === gathered && !some) {
      const rule = "a pattern whose kept pairs lie in blocks, such as block(sparsity=0.8, size=64)";
      throw expectedGot(
        "pattern/bad-core",
        "attention.core gathered",
        rule,
        plan.pattern.id,
        "Leave the core out, or take masked.",
      );
    }
    return { core };
  }
  const { length, heads, onCpu } = sizes;
  if (biased || !onCpu || length < LEAST_LENGTH) return { core: masked };
  const held = sizes.layers * heads * length ** 2 * BYTES_OF_PAIR;
  if (
    held > MOST_BYTES &&
    Array.from(layers, (_, layer) => keepsAllPairs(plan, { layer, visibility: sizes.visibility(layer) })).some(Boolean)
  ) {
    const gigabytes = `${(held / 1e9).toFixed(1)} GB`;
    return { core: chunked, why: `${chunked.name}: all pairs of one text of ${length} tokens would take ${gigabytes}` };
  }
  if (!some) return { core: masked };
  const whole = length ** 2;
  const counted = layers.map((layer) => (layer ? countsOf(layer, length) : { pairs: whole, cost: whole }));
  const mean = (key: "pairs" | "cost"): number => counted.reduce((sum, layer) => sum + layer[key], 0) / (layers.length * whole);
  const share = `blocks of ${some.blocks.size} hold ${Math.round(100 * Math.min(1, mean("pairs")))} % of the pairs of ${length} tokens`;
  const times = 1 / mean("cost");
  if (times <= 1) return { core: masked, why: `${masked.name}: ${share}, which is not faster at that length` };
  const core = layers.length * heads * whole * mean("pairs") * BYTES_OF_LISTED > MOST_BYTES_LISTED ? chunked : gathered;
  return { core, why: `${core.name}: ${share}, about ${times.toFixed(1)} times as fast`, times };
}

/** Blocks of a layer, and the share of its heads that are computed by them. */
interface LayerBlocks {
  readonly blocks: KeyBlocks;
  readonly share: number;
}

/** Pairs that a head computes in the mean, and what they cost, in pairs of `masked`. */
function countsOf({ blocks, share }: LayerBlocks, n: number): { readonly pairs: number; readonly cost: number } {
  const { ids, size, firstRows } = blocks;
  const [N, K, rows] = [ids.shape[2], ids.shape[3], firstRows?.count ?? 0].map((dim) => bindDim(dim, { n }));
  const pairs = N * K * size ** 2 + rows * n;
  const whole = (1 - share) * n ** 2;
  return { pairs: share * pairs + whole, cost: share * (pairs * costOfPair(n, size) + N * costOfBlock(size)) + whole };
}

/** The block form of one layer, over nodes that nobody computes. */
function blocksOf(plan: AttentionPlan, { layers, heads, visibility }: CoreSizes, layer: number): LayerBlocks | null {
  const seen = visibility(layer);
  const [q, k] = ["q", "k"].map((name) => input(name, ["B", heads, "n", 1]));
  const scores = input("scores", ["B", heads, "n", "n"]);
  const view = { q, k, scores: () => scores, visibility: seen, allowed: seen.graph(input), full: seen.full, layer, heads, input };
  const all = planBlocks(plan, view, layers);
  if (all) return { blocks: all, share: 1 };
  const [group] = headGroups(plan, view) ?? [];
  const blocks = group && planBlocks(group.plan, view, layers);
  return blocks ? { blocks, share: group.heads.length / heads } : null;
}
