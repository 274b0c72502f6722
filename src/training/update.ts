import { CrispError } from "../errors/index.ts";
import type { TrainingOptions } from "./options.ts";
import type { TrainingState } from "./state.ts";

/**
 * Global norm of all gradients: `√Σ g²`, summed in float64.
 *
 * @throws `training/not-finite`, naming the first parameter whose gradient has a NaN or an infinity.
 */
export function gradientNorm({ trained, kernels }: TrainingState, step: number): number {
  let sum = 0;
  for (const { gradient } of trained) sum += kernels.sumOfSquares(gradient.pointer, gradient.array.length);
  if (Number.isFinite(sum)) return Math.sqrt(sum);
  const at = trained.find(({ gradient }) => kernels.firstNonFinite(gradient.pointer, gradient.array.length) >= 0);
  const got = at ? `NaN or infinity in the gradient of ${at.name}` : "gradients too large for float32 squares";
  throw new CrispError(
    "training/not-finite",
    `training, update ${step + 1}: expected finite gradients, got ${got}. Lower --learning_rate, or raise --warmup_steps.`,
    { step: step + 1, parameter: at?.name },
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
  { trained, kernels }: TrainingState,
  options: Pick<TrainingOptions, "maxGradNorm" | "weightDecay" | "adamBeta1" | "adamBeta2" | "adamEpsilon">,
  { norm, step, learningRate }: { readonly norm: number; readonly step: number; readonly learningRate: number },
): void {
  const { maxGradNorm, adamBeta1, adamBeta2, adamEpsilon, weightDecay } = options;
  const gradientScale = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1;
  for (const { value, gradient, m, v, decay } of trained) {
    kernels.adamw(
      { param: value.pointer, grad: gradient.pointer, m: m.pointer, v: v.pointer, count: value.array.length },
      {
        learningRate,
        beta1: adamBeta1,
        beta2: adamBeta2,
        eps: adamEpsilon,
        weightDecay: decay ? weightDecay : 0,
        step: step + 1,
        gradientScale,
      },
    );
  }
}
