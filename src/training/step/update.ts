import { CrispError } from "../../errors/index.ts";
import type { TrainingOptions } from "../options.ts";
import type { TrainingState } from "./state.ts";

/**
 * Make sure that a loss is a number.
 *
 * @param step - Updates done before this one.
 * @param checkpoint - The last one, for the message.
 * @throws `training/not-finite`.
 */
export function checkLoss(loss: number, state: TrainingState, step: number, checkpoint?: string): void {
  if (Number.isFinite(loss)) return;
  const found = state.nonFiniteGradient();
  const got = found ? `${loss}, and ${found.value} in the gradient of ${found.parameter}` : String(loss);
  throw notFinite({ step, expected: "a finite loss", got, checkpoint, parameter: found?.parameter });
}

/**
 * Global norm of all gradients: `√Σ g²`, summed in float64 (PyTorch sums in float32).
 *
 * @param step - Updates done before this one.
 * @param checkpoint - The last one, for the message.
 * @throws `training/not-finite`, naming the first parameter whose gradient has a NaN or an infinity.
 */
export function gradientNorm(state: TrainingState, step: number, checkpoint?: string): number {
  const sum = state.gradientSquares().reduce((total, squares) => total + squares, 0);
  if (Number.isFinite(sum)) return Math.sqrt(sum);
  const found = state.nonFiniteGradient();
  if (found) {
    const got = `${found.value} in the gradient of ${found.parameter}`;
    throw notFinite({ step, expected: "finite gradients", got, checkpoint, parameter: found.parameter });
  }
  // float64 holds the squares of all float32 numbers, so that a sum beyond it has an element beyond them
  throw new Error(`the squares of finite gradients sum up to ${sum}`);
}

interface Divergence {
  readonly step: number;
  readonly expected: string;
  readonly got: string;
  readonly checkpoint?: string;
  readonly parameter?: string;
}

function notFinite({ step, expected, got, checkpoint, parameter }: Divergence): CrispError {
  const kept = checkpoint === undefined ? "" : ` The last checkpoint, ${checkpoint}, is from before.`;
  return new CrispError(
    "training/not-finite",
    `training, update ${step + 1}: expected ${expected}, got ${got}. Lower --learning_rate, or raise --warmup_steps.${kept}`,
    { step: step + 1, parameter, checkpoint },
  );
}

/**
 * Clip by global norm, then one AdamW update, as `clip_grad_norm_` and `torch.optim.AdamW` do it.
 *
 *     scale = min(1, maxGradNorm / (norm + 1e-6))
 *
 * @param norm - From `gradientNorm`.
 * @param step - Updates done before this one.
 */
export function update(
  state: TrainingState,
  options: Pick<TrainingOptions, "maxGradNorm" | "weightDecay" | "adamBeta1" | "adamBeta2" | "adamEpsilon">,
  { norm, step, learningRate }: { readonly norm: number; readonly step: number; readonly learningRate: number },
): Promise<void> {
  const { maxGradNorm, adamBeta1, adamBeta2, adamEpsilon, weightDecay } = options;
  return state.update({
    learningRate,
    beta1: adamBeta1,
    beta2: adamBeta2,
    eps: adamEpsilon,
    weightDecay,
    step: step + 1,
    gradientScale: maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1,
  });
}
