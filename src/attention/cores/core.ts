import type { DropoutMask, Node, Shape } from "../../graph/index.ts";
import type { AttentionPlan } from "../plan.ts";
import type { MakeInput, Visibility } from "../visibility.ts";

/** What a core knows of the layer it computes. */
export interface CoreView {
  /** Which pairs the model itself lets meet. */
  readonly visibility: Visibility;
  /** Which of them stay. */
  readonly plan: AttentionPlan;
  /** From 0. */
  readonly layer: number;
  /** Layers of the encoder. */
  readonly layers: number;
  /** H */
  readonly heads: number;
  /** Factor of q · k: 1 / √d in most encoders. */
  readonly scale: number;
  /** Added to the scaled scores before anything else, patterns included: float [1 or B, H, n, n]; absent: nothing is added. */
  readonly bias?: Node;
  /**
   * The mask of the dropout on attention probabilities; null in evaluation, and where the probability of dropping is 0. To be asked once
   * a layer, or once for each `part` of the pairs. Name and shape say which numbers are drawn: a core asks as `gathered` does, so that
   * all cores drop the same pairs.
   */
  readonly dropoutMask: ((shape: Shape, part?: string) => DropoutMask) | null;
  readonly input: MakeInput;
}

export interface CoreNodes {
  /** [B, H, n, d]: weighted sums of the values. Rows of padded queries, and of queries that keep no key, are 0. */
  readonly context: Node;
  /** float [B]: pairs of real queries and keys that were kept, over all heads. */
  readonly keptPairs: Node;
  /**
   * [B, H, n, n]: attention probabilities before dropout, exactly 0 where a pair was removed. Built when asked, over inputs that
   * `context` reads too; absent where the core has no such matrix.
   */
  probabilities?(): Node;
}

/** A way to compute `normalise(mask(q kᵀ · scale + bias)) v`, where normalise is the softmax unless the plan says otherwise. Shared code never asks which one it holds. */
export interface AttentionCore {
  readonly name: string;
  /** Whether every layer has `CoreNodes.probabilities`, whatever the plan. */
  readonly keepsProbabilities: boolean;
  /**
   * @param q - [B, H, n, d]
   * @param k - [B, H, n, d]
   * @param v - [B, H, n, d]
   */
  attend(q: Node, k: Node, v: Node, view: CoreView): CoreNodes;
}
