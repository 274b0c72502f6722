import { type AttentionPlan, portable } from "../attention/index.ts";
import { expectedGot } from "../errors/index.ts";
import { reshape } from "../graph/index.ts";
import { buildModel, type EncoderConfig } from "../models/index.ts";
import { encodeModel, modelProto } from "../onnx/index.ts";
import { tasks } from "../tasks/index.ts";
import { deriveImageInputs } from "./derive-image-inputs.ts";
import { type Closing, deriveInputs } from "./derive-inputs.ts";
import { withInitializers, withoutUnread, withUsualSymbols } from "./initializers.ts";
import { quantized } from "./quantize.ts";

/** protobuf counts a message's bytes in a signed 32-bit number. */
const MOST_BYTES = 2 ** 31 - 1;

/** What `onnxClassifier` writes. */
export interface OnnxClassifierOptions {
  readonly config: EncoderConfig;
  /** Attention that is built into the file, at full strength. */
  readonly plan: AttentionPlan;
  /** By Hugging Face name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** See `deriveInputs`. */
  readonly closing?: Closing;
  /** `int8` rounds matrices and embeddings to 8 bits; left out, all stays float32. */
  readonly quantize?: "int8";
}

/**
 * A classifier of texts, or of images, as one ONNX file that runs on its own: weights and sparsity inside, standard operators only (opset 20).
 *
 * Inputs are `input_ids`, `attention_mask` and, where the family has token types, `token_type_ids`: int64 [batch_size,
 * sequence_length], padded at the end; of an encoder of images `pixel_values`, float [batch_size, C, H, W]. Output: `logits`, float [batch_size, C], of a token
 * classifier [batch_size, sequence_length, C]; of a sentence encoder `last_hidden_state`, float [batch_size, sequence_length, D], as whoever
 * reads it pools it. Everything that TypeScript computes for a batch while
 * training (valid lengths, the number of keys kept, window radii, …) is computed from the mask inside the file.
 *
 * @returns The file's bytes.
 * @throws `export/random` for a pattern that draws per example; `export/input` for an encoder or a task that reads anything but tokens; `export/too-large` from 2 GiB on.
 * @example
 * writeFileSync("onnx/model.onnx", onnxClassifier({ config, plan: { pattern: topK({ sparsity: 0.8 }) }, weights }));
 */
export function onnxClassifier({ config, plan, weights, closing, quantize }: OnnxClassifierOptions): Uint8Array {
  const { hidden, logits, inputs } = buildModel(config, { plan, core: portable, training: false });
  const { perToken, head } = tasks[config.task];
  const [name, wanted] = head.pooling ? ["last_hidden_state", hidden] : ["logits", logits];
  const shaped = perToken || head.pooling ? reshape(wanted, ["B", "n", wanted.shape[1]]) : wanted;
  const root = config.image
    ? deriveImageInputs(shaped, inputs, config.image)
    : deriveInputs(shaped, inputs, { maxPositions: config.maxPositions, closing });
  const { model } = modelProto({ [name]: root }, { microsoftOps: false });
  const whole = withInitializers(withoutUnread(model.graph), weights);
  const graph = withUsualSymbols(quantize === "int8" ? quantized(whole, new Set(weights.keys())) : whole);
  const size = graph.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0);
  if (size > MOST_BYTES) {
    throw expectedGot("export/too-large", "onnx/model.onnx", "weights of less than 2 GiB", `${(size / 2 ** 30).toFixed(1)} GiB`);
  }
  return encodeModel({ ...model, graph });
}
