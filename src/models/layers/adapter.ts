import { placeOf } from "../parameter-place.ts";

/** Low-rank adapters beside the linear layers of an encoder. */
export interface LoraSettings {
  /** r */
  readonly rank: number;
  /** α; what the adapters add is scaled by α / r. */
  readonly alpha: number;
  /** Last parts of the names of linear layers, such as `query`; none for all linear layers of all encoder layers. */
  readonly targets: readonly string[];
}

/** Names of the two matrices of a linear layer's adapter, as PEFT has them. */
export const adapterNames = (layer: string) => ({ a: `${layer}.lora_A.weight`, b: `${layer}.lora_B.weight` }) as const;

/** Whether a linear layer has an adapter. */
export const isAdapted = (layer: string, lora: LoraSettings | undefined): lora is LoraSettings =>
  lora !== undefined &&
  typeof placeOf(`${layer}.weight`) === "number" &&
  (lora.targets.length === 0 || lora.targets.includes(layer.slice(layer.lastIndexOf(".") + 1)));

const ADAPTER = /\.lora_([AB])\.weight$/;

/** `A` or `B` for a matrix of an adapter. */
export const adapterPart = (name: string): "A" | "B" | undefined => ADAPTER.exec(name)?.[1] as "A" | "B" | undefined;
