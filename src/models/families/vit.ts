import type { BatchContext } from "../../batch/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { add, matmul, mul, type Node, pickRows, reshape } from "../../graph/index.ts";
import type { ConfigReader } from "../config/config-reader.ts";
import type { ImageConfig } from "../config/encoder-config.ts";
import { type AttentionNodes, attend } from "../layers/attention.ts";
import { firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";

/**
 * ViT, an encoder of images, as transformers' `ViTForImageClassification` defines it; parameters have the names that its checkpoints
 * have.
 *
 *     x = [class token; W_p patches + b_p] + positions
 *     x = x + attention(LayerNorm(x));  x = x + W₂ act(W₁ LayerNorm(x))      for each layer
 *     logits = W_c LayerNorm(x)[class token]
 *
 * Every image has n = patches + 1 tokens, and none is padded.
 *
 * @see Dosovitskiy et al., arXiv 2010.11929.
 */
export const vit: Family = {
  name: "vit",
  className: "ViT",
  prefix: "vit",
  keys: {
    hiddenSize: ["hidden_size", 768],
    layers: ["num_hidden_layers", 12],
    heads: ["num_attention_heads", 12],
    intermediateSize: ["intermediate_size", 3072],
    hiddenDropout: ["hidden_dropout_prob", 0],
    attentionDropout: ["attention_probs_dropout_prob", 0],
    activation: ["hidden_act", "gelu"],
    initializerRange: ["initializer_range", 0.02],
  },
  readOwn(read) {
    const image: ImageConfig = {
      size: readSides(read, "image_size", 224),
      patch: readSides(read, "patch_size", 16),
      channels: read.count("num_channels", 3),
      qkvBias: read.flag("qkv_bias", true),
    };
    if (imagePatches(image) === 0)
      throw read.wrongType("patch_size", `at most image_size ${image.size.join(" × ")}`, image.patch);
    return {
      layerNormEps: read.positive("layer_norm_eps", 1e-12),
      classifierDropout: 0, // there is none before this head
      maxPositions: imagePatches(image) + 1,
      image,
    };
  },
  writeOwn({ layerNormEps, image }) {
    const { size, patch, channels, qkvBias } = image!;
    return {
      layer_norm_eps: layerNormEps,
      image_size: sides(size),
      patch_size: sides(patch),
      num_channels: channels,
      qkv_bias: qkvBias,
    };
  },
  encode,
  poolSequence: firstToken, // [B, D]
  classifier: "classifier",
  otherHeads: [
    /^(vit\.)?pooler\./,
    /^(vit\.)?embeddings\.mask_token$/, // masked image modelling
    /^decoder\./,
  ],
};

/** Patches of an image: n − 1. */
export const imagePatches = ({ size, patch }: ImageConfig): number =>
  Math.floor(size[0] / patch[0]) * Math.floor(size[1] / patch[1]);

const sides = ([height, width]: readonly [number, number]): unknown => (height === width ? height : [height, width]);

/** Every image is resized to its model's size before any weight is looked at: 200 MB for this one. */
const LONGEST_SIDE = 4096;

/** A number for a square, or height and width. */
function readSides(read: ConfigReader, key: string, fallback: number): readonly [number, number] {
  const value = read.json[key] ?? fallback;
  const both = Array.isArray(value) ? value : [value, value];
  if (both.length !== 2 || !both.every((side) => Number.isSafeInteger(side) && side >= 1))
    throw read.wrongType(key, "a whole number of pixels, or height and width", value);
  if (Math.max(...both) > LONGEST_SIDE) throw read.wrongType(key, `at most ${LONGEST_SIDE} pixels`, value);
  return [both[0], both[1]];
}

function encode(build: EncoderBuild): EncoderNodes {
  const { config, parameters, dropout } = build;
  const { hiddenSize: D, intermediateSize: F, layerNormEps: eps, image } = config;
  const hidden = (x: Node, site: string): Node => dropout(x, site, ["B*n", D], config.hiddenDropout);
  let x = hidden(embed(build), "embeddings"); // [T, D]

  const layerInputs: Node[] = [];
  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    layerInputs.push(x);
    const name = `vit.encoder.layer.${layer}`;
    const before = parameters.layerNorm(x, `${name}.layernorm_before`, D, eps); // [T, D]
    const project = (part: string): Node =>
      parameters.linear(before, `${name}.attention.attention.${part}`, D, D, { bias: image!.qkvBias }); // [T, D]
    const projected = {
      query: project("query"),
      key: project("key"),
      value: project("value"),
      output: (merged: Node): Node => parameters.linear(merged, `${name}.attention.output.dense`, D, D), // [T, D]
    };
    const attended = attend(projected, { ...build, layer });
    attentions.push(attended);
    x = add(hidden(attended.output, `layer.${layer}.attentionOutput`), x); // [T, D]

    const after = parameters.layerNorm(x, `${name}.layernorm_after`, D, eps); // [T, D]
    const inner = activations[config.activation](parameters.linear(after, `${name}.intermediate.dense`, D, F)); // [T, F]
    x = add(hidden(parameters.linear(inner, `${name}.output.dense`, F, D), `layer.${layer}.feedForward`), x); // [T, D]
  }
  return { hidden: parameters.layerNorm(x, "vit.layernorm", D, eps), layerInputs, attentions };
}

/**
 * The class token before the patches, and positions: [T, D].
 *
 * A convolution whose stride is its kernel is a matrix product with the patches. The class token's row of `patches` is zero, and two
 * columns of ones and zeros give it its own vector where the patches get the convolution's bias: no tokens need be joined. All rows of
 * the position table are picked in their order, as n of the batch is their number.
 */
function embed({ config, parameters, inputs }: EncoderBuild): Node {
  const { hiddenSize: D, maxPositions, image } = config;
  const { channels, patch } = image!;
  const pixels = channels * patch[0] * patch[1];
  const patches = inputs.values("patches", ["B*n", pixels], "float", (out, context) =>
    writePatches(out as Float32Array, context, image!),
  ); // [T, C·P·P]
  const isClass = inputs.values("isClass", ["n", 1], "float", (out) => void ((out as Float32Array).fill(0)[0] = 1)); // [n, 1]
  const isPatch = inputs.values("isPatch", ["n", 1], "float", (out) => void ((out as Float32Array).fill(1)[0] = 0)); // [n, 1]
  const inOrder = (out: ArrayLike<unknown>): void => (out as Int32Array).forEach((_, at, all) => void (all[at] = at));
  const rows = inputs.values("positionRows", ["n"], "int32", inOrder); // [n]
  const places = inputs.values("positionPlaces", [maxPositions], "int32", inOrder); // [n]

  const table = "vit.embeddings";
  const classToken = reshape(parameters.get(`${table}.cls_token`, [1, 1, D]), [1, D]); // [1, D]
  const positions = reshape(parameters.get(`${table}.position_embeddings`, [1, maxPositions, D]), [maxPositions, D]); // [n, D]
  const kernel = parameters.get(`${table}.patch_embeddings.projection.weight`, [D, channels, ...patch]); // [D, C, P, P]
  const bias = parameters.get(`${table}.patch_embeddings.projection.bias`, [D]); // [D]

  const projected = matmul(patches, reshape(kernel, [D, pixels]), { transB: true }); // [T, D]
  const added = add(add(mul(isClass, classToken), mul(isPatch, bias)), pickRows(positions, rows, places)); // [n, D]
  return reshape(add(reshape(projected, ["B", "n", D]), added), ["B*n", D]); // [T, D]
}

/** Pixels in the order of patches, [B, n, C·P·P], row 0 of each image zero: as a convolution's kernel reads them. */
function writePatches(out: Float32Array, { pixels, bindings }: BatchContext, image: ImageConfig): void {
  const { size, patch, channels } = image;
  const { B, n } = bindings;
  if (pixels?.length !== B * channels * size[0] * size[1] || n !== imagePatches(image) + 1) {
    const rule = `${B} × ${channels} × ${size.join(" × ")} pixels in rows of ${imagePatches(image) + 1} tokens`;
    throw expectedGot("model/pixels", "a batch of images", rule, `${pixels?.length ?? "no"} pixels in rows of ${n}`);
  }
  const [across, down] = [Math.floor(size[1] / patch[1]), Math.floor(size[0] / patch[0])];
  let at = 0;
  for (let example = 0; example < B; example++) {
    const end = at + channels * patch[0] * patch[1];
    out.fill(0, at, end);
    at = end;
    for (let top = 0; top < down * patch[0]; top += patch[0]) {
      for (let left = 0; left < across * patch[1]; left += patch[1]) {
        for (let channel = 0; channel < channels; channel++) {
          for (let row = top; row < top + patch[0]; row++) {
            const from = ((example * channels + channel) * size[0] + row) * size[1] + left;
            out.set(pixels.subarray(from, from + patch[1]), at);
            at += patch[1];
          }
        }
      }
    }
  }
}
