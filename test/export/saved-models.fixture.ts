import { Classifier } from "../../src/api/index-node.ts";
import { createTokenizer } from "../../src/data/index.ts";
import { initialise, parseEncoderConfig } from "../../src/models/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { demoCorpora, demoEncoderConfig, demoTokenizer } from "../../src/studies/index.ts";

/** Most tokens a text: fewer than the longest of `reviews` have. */
export const MAX_LENGTH = 14;

const json = (value: object): Uint8Array[] => [new TextEncoder().encode(JSON.stringify(value))];

/**
 * The demonstration's small encoder at random weights, large enough that texts differ.
 *
 * @param own - What another family's config.json says.
 */
export function tinyClassifier(pattern: string, own: object = {}): Classifier {
  const config = { ...parseEncoderConfig({ ...demoEncoderConfig(), ...own }), initializerRange: 0.3 };
  const { tokenizerJson, tokenizerConfig } = demoTokenizer();
  return new Classifier({
    config: { ...config, labels: ["negative", "positive"], numLabels: 2 },
    card: {
      crisp: "0",
      attention: { pattern },
      maxLength: MAX_LENGTH,
      seed: 1,
      padTokenId: config.padTokenId,
      metrics: { accuracy: 0.5, accuracySparsityOff: 0.25 },
      options: {},
    },
    tokenizer: createTokenizer({ tokenizerJson, tokenizerConfig, maxLength: MAX_LENGTH }),
    weights: initialise(config, 5),
    tokenizerFiles: new Map([
      ["tokenizer.json", json(tokenizerJson)],
      ["tokenizer_config.json", json(tokenizerConfig)],
    ]),
    createRuntime: () => createRuntime({ threads: 1 }),
  });
}

/** Sentences of the demonstration, short ones and ones that are cut off. */
export const reviews: readonly string[] = demoCorpora()[0]
  .reported.examples.slice(0, 40)
  .map(({ text }, at, all) =>
    at % 5 === 0 ? `${text} ${all[at + 1].text}` : at % 7 === 3 ? text.split(" ").slice(0, 2).join(" ") : text,
  );
