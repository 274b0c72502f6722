/** What an evaluation during training found. */
export interface Evaluation {
  /** Updates done. */
  readonly step: number;
  readonly epoch: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Mean training loss since the last evaluation. */
  readonly trainLoss: number;
  /** Better than all before it. */
  readonly best: boolean;
}

/** What happens during training. */
export type TrainingEvent =
  | {
      readonly type: "started";
      readonly steps: number;
      /** Parameters that are trained. */
      readonly parameters: number;
      /** Parameters that keep their values, where there are any. */
      readonly frozen?: number;
      /** Updates done before. */
      readonly resumedAt: number;
    }
  | {
      readonly type: "step";
      /** Updates done, this one included. */
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Before clipping. */
      readonly gradientNorm: number;
      /** Of this update. */
      readonly elapsedMs: number;
      /** Real tokens of this update, padding left out; 0 where contexts do not say. */
      readonly tokens: number;
    }
  | ({ readonly type: "evaluated" } & Evaluation)
  | { readonly type: "saved"; readonly step: number; readonly path: string }
  | { readonly type: "stopped"; readonly step: number; readonly reason: "signal" | "early stopping" }
  | { readonly type: "finished"; readonly step: number; readonly seconds: number };
