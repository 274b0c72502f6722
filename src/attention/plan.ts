import { expectedGot } from "../errors/index.ts";
import { and, constant, type Node, or } from "../graph/index.ts";
import { dropoutOf } from "./dropouts/dropouts.ts";
import type { Normaliser } from "./normalisers/normaliser.ts";
import { isSoftmax, normaliserOf } from "./normalisers/normalisers.ts";
import { dense, isDensePattern } from "./patterns/dense.ts";
import { placeBlocks } from "./patterns/parts/place-blocks.ts";
import type { GraphView, HeadView, KeyBlocks, Pattern } from "./patterns/pattern.ts";
import { windowRule } from "./patterns/sliding-window.ts";

/** Where and when a pattern applies, and what becomes of the scores that it keeps. */
export interface AttentionPlan {
  readonly pattern: Pattern;
  /**
   * Name of the rule that makes probabilities of the kept scores: `softmax`, `sparsemax` or `entmax15`; default `softmax`. It applies to
   * `layers` too; the others have the softmax.
   */
  readonly normaliser?: string;
  /** Layers it applies to, from 0; the others are dense. Default: all. */
  readonly layers?: readonly number[];
  /** Heads it applies to, from 0, in each of those layers; the others keep every allowed key. Default: all. */
  readonly heads?: readonly number[];
  /** Updates over which the sparsity grows linearly to its full value. Default: full from the first update. */
  readonly rampSteps?: number;
  /**
   * Name of what dropout does to attention probabilities in training: `standard`, or DropAttention of `elements` or `columns`; default
   * `standard`. It applies to all layers; how much is dropped is the model's own setting.
   */
  readonly dropout?: string;
  /** Name of the core that computes it; default `auto`, the one that is expected to be faster. The result is the same to rounding. */
  readonly core?: string;
}

/** Whether a plan, or a stored one, is full softmax attention, so that there is no sparsity to switch off. */
export const isDense = ({ pattern, normaliser }: { readonly pattern: Pattern | string; readonly normaliser?: string }): boolean =>
  isDensePattern(pattern) && isSoftmax(normaliser);

/**
 * Check a plan against an encoder.
 *
 * @param sizes - The encoder's layers and heads a layer.
 * @throws `pattern/bad-plan` for a layer, head or ramp out of range, an unknown normaliser or dropout, or a normaliser for some heads; `pattern/bad-schedule` for a ramp on a pattern that has no
 *   sparsity to ramp.
 * @example
 * checkPlan({ pattern: topK({ sparsity: 0.8 }), layers: [0, 6] }, { layers: 6, heads: 12 }); // throws: layers are 0 to 5
 */
export function checkPlan(plan: AttentionPlan, sizes: { readonly layers: number; readonly heads: number }): void {
  for (const axis of ["layers", "heads"] as const) {
    const chosen = plan[axis];
    if (chosen === undefined) continue;
    const rule = `${axis} from 0 to ${sizes[axis] - 1}`;
    const hint = `Leave ${axis} out to mean all of them.`;
    if (chosen.length === 0) throw expectedGot("pattern/bad-plan", `attention.${axis}`, rule, "none", hint);
    const wrong = chosen.find((index) => !(Number.isInteger(index) && index >= 0 && index < sizes[axis]));
    if (wrong !== undefined) throw expectedGot("pattern/bad-plan", `attention.${axis}`, rule, wrong, hint);
  }
  const { rampSteps, pattern } = plan;
  dropoutOf(plan.dropout);
  if (!isSoftmax(plan.normaliser) && plan.heads) {
    const hint = "Leave heads out, or take softmax.";
    throw expectedGot("pattern/bad-plan", "attention.normaliser", "softmax beside heads", plan.normaliser, hint);
  }
  if (rampSteps === undefined) return;
  if (!(Number.isInteger(rampSteps) && rampSteps >= 1)) {
    throw expectedGot("pattern/bad-plan", "attention.rampSteps", "a whole number of updates, at least 1", rampSteps);
  }
  // A pattern that cannot be ramped says so itself: ask it about one token, before training starts.
  const key = { seed: 0, step: 0, layer: 0, head: 0, example: 0 };
  pattern.keep({ n: 1, scores: new Float32Array(1), allowed: Uint8Array.of(1), key, heads: sizes.heads, strength: 0.5 });
}

/**
 * Share of the nominal sparsity at an update: `min(1, (step + 1) / rampSteps)`; 1 without a ramp and in evaluation.
 *
 * @param step - Updates done so far, from 0.
 * @param training - False in evaluation; default true.
 * @example
 * strengthAt({ pattern, rampSteps: 100 }, 49); // 0.5
 */
export function strengthAt({ rampSteps }: AttentionPlan, step: number, training = true): number {
  return training && rampSteps !== undefined ? Math.min(1, (step + 1) / rampSteps) : 1;
}

/**
 * Graph form of a plan for one layer: pairs to keep.
 *
 * @param view - Of the layer; `view.layer` and `view.heads` decide what applies.
 * @param layers - Layers of the encoder.
 * @returns Bool, broadcastable to [B, H, n, n]; `view.allowed` itself where nothing applies.
 * @throws `pattern/bad-plan`, `pattern/bad-schedule`, as {@link checkPlan}.
 */
export function planMask(plan: AttentionPlan, view: GraphView, layers: number): Node {
  checkPlan(plan, { layers, heads: view.heads });
  if (plan.layers && !plan.layers.includes(view.layer)) return view.allowed;
  const kept = plan.pattern.graph(view);
  if (!plan.heads || kept === view.allowed) return kept;
  const spared = Array.from({ length: view.heads }, (_, head) => Number(!plan.heads!.includes(head)));
  return or(kept, and(view.allowed, constant(spared, [1, view.heads, 1, 1], "bool")));
}

/** Whether blocks of keys can be computed without the rest of their rows. */
export const isByBlocks = (plan: AttentionPlan, layer: number): boolean =>
  planNormaliser(plan, layer).byBlocks && dropoutOf(plan.dropout).byBlocks;

/** How a layer makes probabilities of its scores. */
export const planNormaliser = (plan: AttentionPlan, layer: number): Normaliser =>
  normaliserOf(appliesTo(plan, layer) ? plan.normaliser : undefined);

const appliesTo = ({ layers }: AttentionPlan, layer: number): boolean => layers?.includes(layer) ?? true;

/** Heads of a layer, in order, and the plan by which all of them attend. */
export interface HeadGroup {
  readonly heads: readonly number[];
  readonly plan: AttentionPlan;
}

/** First the heads of a layer that a plan applies to, then the dense ones; undefined where it says nothing of heads there. */
export function headGroups(
  plan: AttentionPlan,
  { layer, heads: count }: Pick<GraphView, "layer" | "heads">,
): readonly HeadGroup[] | undefined {
  const { heads: chosen, ...whole } = plan;
  if (!chosen || isDense(plan) || !appliesTo(plan, layer)) return undefined;
  const heads = Array.from({ length: count }, (_, head) => head);
  const groups = [
    { heads: heads.filter((head) => chosen.includes(head)), plan: whole },
    { heads: heads.filter((head) => !chosen.includes(head)), plan: { ...whole, pattern: dense() } },
  ];
  return groups.filter((group) => group.heads.length > 0);
}

/** Whether a layer computes every pair of real tokens. */
export const keepsAllPairs = (plan: AttentionPlan, { layer, visibility }: Pick<GraphView, "layer" | "visibility">): boolean =>
  visibility.full && isByBlocks(plan, layer) && (isDense(plan) || !appliesTo(plan, layer));

/** Tokens a block where a model's own window is all that removes pairs. */
const WINDOW_BLOCK = 64;

/**
 * Block form of a plan for one layer; where the plan removes nothing there, of the window in which the model lets pairs meet.
 *
 * @returns Null where every pair is computed anyway, the normaliser or the dropout needs whole rows, the plan names heads (each of {@link headGroups} may have one), or the pattern has no such form. Under a ramp the lists are those of its first update, when most is kept.
 * @throws As {@link planMask}.
 */
export function planBlocks(plan: AttentionPlan, view: GraphView, layers: number): KeyBlocks | null {
  checkPlan(plan, { layers, heads: view.heads });
  if (!isByBlocks(plan, view.layer)) return null;
  if (isDense(plan) || !appliesTo(plan, view.layer)) {
    const { reach } = view.visibility;
    return reach < Infinity ? placeBlocks(view, [windowRule(`window${reach}`, WINDOW_BLOCK, () => reach)]) : null;
  }
  if (plan.heads) return null;
  return plan.pattern.blocks?.({ ...view, leastStrength: strengthAt(plan, 0) }) ?? null;
}

/** {@link headGroups} of a layer, where those that the plan applies to have a block form. */
export function blockGroupsOfHeads(plan: AttentionPlan, view: GraphView, layers: number): readonly HeadGroup[] | undefined {
  const groups = headGroups(plan, view);
  return groups && planBlocks(groups[0].plan, view, layers) ? groups : undefined;
}

/**
 * Reference form of a plan for one head of one example; `view.key` says which.
 *
 * @returns Pairs to keep, shape [n, n].
 */
export function planKeep({ pattern, layers, heads }: AttentionPlan, view: HeadView): Uint8Array {
  const applies = (layers?.includes(view.key.layer) ?? true) && (heads?.includes(view.key.head) ?? true);
  return applies ? pattern.keep(view) : view.allowed.slice();
}
