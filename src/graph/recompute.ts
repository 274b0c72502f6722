import { add, greater, sumAll, where } from "./build.ts";
import { type Node, topological } from "./node.ts";
import { substitute } from "./substitute.ts";

/**
 * Activation checkpointing: what the backward pass reads of a forward pass that was not kept.
 *
 * Checkpoints cut the forward pass into segments: a node belongs to the last checkpoint that it depends on. Nodes before the first
 * checkpoint and behind the last one are kept, as the backward pass begins with the latter. Of every other segment the backward pass
 * reads copies, computed again from its checkpoint, so that a runtime can free the segment's own values during the forward pass.
 *
 * @see Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174.
 */
export class Recomputation {
  readonly #checkpoints: readonly Node[];
  /** In the order of the forward pass. */
  readonly #segments: readonly Node[][];
  readonly #copies = new Map<Node, Node>();
  #awaited: Node[] = [];

  /**
   * @param roots - Of the forward graph.
   * @param checkpoints - In the order of the forward pass.
   */
  constructor(roots: readonly Node[], checkpoints: readonly Node[]) {
    this.#checkpoints = checkpoints;
    this.#segments = checkpoints.map(() => []);
    const places = new Map(checkpoints.map((node, at) => [node, at]));
    const segmentOf = new Map<Node, number>();
    for (const node of topological(roots)) {
      const segment = Math.max(-1, ...node.inputs.map((input) => places.get(input) ?? segmentOf.get(input)!));
      segmentOf.set(node, segment);
      this.#segments[segment]?.push(node);
    }
  }

  /** Compute no further segment again before a gradient is there: what it reads of the segment before could not be freed. */
  await(gradient: Node): void {
    this.#awaited.push(gradient);
  }

  /**
   * Say that the backward pass has come to a checkpoint: the segment before it is computed again from here on.
   *
   * A runtime would merge the copies with what they are copies of, or compute them early. So they read their checkpoint through a
   * node that needs what the backward pass has computed: `s > s ? s : checkpoint` with s a sum over it. That is the checkpoint bit for
   * bit whatever s is, also NaN or infinite.
   *
   * @param upstream - Gradient of the loss for the checkpoint, complete.
   */
  reach(checkpoint: Node, upstream: Node): void {
    const at = this.#checkpoints.indexOf(checkpoint) - 1;
    if (at < 0) return;
    const s = [upstream, ...this.#awaited].map(sumAll).reduce(add);
    this.#awaited = [];
    const start = where(greater(s, s), s, this.#checkpoints[at]);
    const copies = substitute(this.#segments[at], new Map([[this.#checkpoints[at], start]]));
    this.#segments[at].forEach((node, i) => void this.#copies.set(node, copies[i]));
  }

  /** What the backward pass shall read instead of a node of the forward pass. */
  of = (node: Node): Node => this.#copies.get(node) ?? node;
}
