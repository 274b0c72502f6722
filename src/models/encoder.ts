import type { Node } from "../graph/index.ts";
import type { AttentionPlan } from "../sparsity/index.ts";
import type { AttentionNodes } from "./attention.ts";
import type { EncoderConfig } from "./config.ts";
import type { GraphInputs } from "./graph-inputs.ts";
import type { Parameters } from "./layers.ts";

/** What a family's builder gets. */
export interface EncoderBuild {
  readonly config: EncoderConfig;
  readonly plan: AttentionPlan;
  readonly parameters: Parameters;
  readonly inputs: GraphInputs;
  /** Dropout on. */
  readonly training: boolean;
  readonly ids: {
    /** int32 [T] */
    readonly tokens: Node;
    /** int32 [n]: 0, 1, … */
    readonly positions: Node;
    /** int32 [T]; a function, so that families without token types do not feed them. */
    types(): Node;
  };
}

/** What it gives back. */
export interface EncoderNodes {
  /** [B, C] */
  readonly logits: Node;
  /** One entry a layer. */
  readonly attentions: readonly AttentionNodes[];
}
