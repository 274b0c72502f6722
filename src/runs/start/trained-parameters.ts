import { expectedGot } from "../../errors/index.ts";
import {
  adapterPart,
  type EncoderConfig,
  freeze,
  freezeBeside,
  initialValues,
  layerRates,
  parameterSpecs,
  withLora,
} from "../../models/index.ts";
import type { TrainedParameter, TrainingOptions } from "../../training/index.ts";

type Asked = Pick<TrainingOptions, "freeze" | "layerwiseLrDecay" | "loraRank" | "loraAlpha" | "loraTargetModules">;

/** What is trained of a model. */
export interface Trained {
  /** With adapters, where they are asked for. */
  readonly config: EncoderConfig;
  readonly parameters: readonly TrainedParameter[];
  /** Where training begins, adapters included. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

/**
 * Choose what is trained, and how fast, by the options `freeze`, `layerwiseLrDecay` and `lora…`.
 *
 * @param values - Of all parameters of the model.
 * @param seed - Adapters are drawn by it.
 * @throws `training/bad-option`.
 */
export function trainedParameters(
  config: EncoderConfig,
  values: ReadonlyMap<string, Float32Array>,
  { freeze: frozen, layerwiseLrDecay, loraRank: rank, loraAlpha, loraTargetModules: targets = [] }: Asked,
  seed: number,
): Trained {
  if (rank === undefined) {
    if (loraAlpha !== undefined || targets.length > 0) {
      throw expectedGot("training/bad-option", "loraRank", "a rank beside loraAlpha and loraTargetModules", "none");
    }
    return { config, parameters: layerRates(freeze(parameterSpecs(config), frozen), layerwiseLrDecay), values };
  }
  if (frozen?.length) {
    throw expectedGot(
      "training/bad-option",
      "freeze",
      "nothing beside loraRank, which keeps the whole encoder",
      frozen.join(", "),
    );
  }
  const adapted = withLora(config, { rank, alpha: loraAlpha ?? 2 * rank, targets });
  const specs = parameterSpecs(adapted);
  const own = specs.filter(({ name }) => adapterPart(name) === undefined);
  const parameters = layerRates(freezeBeside(specs, freeze(own, ["encoder"]), adapted.lora!), layerwiseLrDecay);
  const drawn = specs.flatMap((spec) =>
    values.has(spec.name) ? [] : [[spec.name, initialValues(spec, adapted, seed)] as const],
  );
  return { config: adapted, parameters, values: new Map([...values, ...drawn]) };
}
