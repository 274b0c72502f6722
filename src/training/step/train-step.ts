import type { Bindings, FedInput, Node } from "../../graph/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { TrainedParameter, TrainingState } from "./state.ts";

/** What a step must know of a batch; builders of graphs add what their inputs are filled from. */
export interface StepContext {
  /** What the symbols in shapes stand for. */
  readonly bindings: Bindings;
  /** Real tokens of each row, to say how fast training goes. */
  readonly lengths?: ArrayLike<number>;
}

/** A loss to train, as the builder of a graph hands it over. */
export interface TrainingGraph<Context> {
  /** float [], already divided by the number of examples of the whole update. */
  readonly loss: Node;
  readonly parameters: readonly Node[];
  readonly inputs: readonly FedInput<Context>[];
  /** What `gradientCheckpointing` keeps, in the order of the forward pass; absent where the graph has no layers. */
  readonly checkpoints?: readonly Node[];
}

/** Names the dropout masks of an update. */
export interface DropoutKey {
  readonly seed: number;
  /** Updates done before this one. */
  readonly step: number;
}

/** One forward and backward pass; gradients stay with the state. */
export interface TrainStep<Context> {
  readonly state: TrainingState;
  /**
   * Compute loss and gradients of one update.
   *
   * @param contexts - One batch, or several whose gradients are added up.
   * @returns The loss: the sum over the batches, each already divided by the examples of all.
   */
  run(contexts: readonly Context[], key: DropoutKey): Promise<number>;
  release(): Promise<void>;
}

export interface TrainStepOptions {
  readonly runtime: Runtime;
  /** What is trained; by name those of the graph. */
  readonly parameters: readonly TrainedParameter[];
  /** Start values by name. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Bindings of the largest batches that will come, one or several: they size host memory. */
  readonly largest: readonly Bindings[];
  /** Keep the graph's checkpoints alone for the backward pass, and compute what lies between them again; default false. */
  readonly gradientCheckpointing?: boolean;
  /** Whether updates of several batches will come, which need room for gradients of their own; default true. */
  readonly accumulates?: boolean;
}

/** How a batch's dropout site is named: batch 0 has the plain name, so that accumulation changes nothing for those who do not use it. */
export const dropoutSite = (name: string, batch: number): string => (batch === 0 ? name : `${name}#${batch}`);
