/** What happens while training goes on. */
export type TrainingEvent =
  | { readonly type: "started"; readonly steps: number; readonly parameters: number; readonly resumedAt: number }
  | {
      readonly type: "step";
      /** Updates done, this one included. */
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly gradientNorm: number;
    }
  | {
      readonly type: "evaluated";
      readonly step: number;
      readonly epoch: number;
      readonly metrics: Readonly<Record<string, number>>;
      /** Mean training loss since the last evaluation. */
      readonly trainLoss: number;
      readonly best: boolean;
    }
  | { readonly type: "saved"; readonly step: number; readonly path: string }
  | { readonly type: "stopped"; readonly step: number; readonly reason: "signal" | "early stopping" }
  | { readonly type: "finished"; readonly step: number; readonly seconds: number };
