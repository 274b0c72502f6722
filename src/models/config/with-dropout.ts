import type { EncoderConfig } from "./encoder-config.ts";

/** Probabilities of dropping that take the place of a config's own. */
export interface DropoutSettings {
  /** Of hidden states: behind the embeddings, in every layer and before the classifier. */
  readonly hidden?: number;
  /** Of attention probabilities. */
  readonly attention?: number;
}

/** The same encoder with other dropout; what is left out stays as the config has it. */
export function withDropout(config: EncoderConfig, { hidden, attention }: DropoutSettings): EncoderConfig {
  const { modern, disentangled } = config;
  return {
    ...config,
    ...(attention !== undefined && { attentionDropout: attention }),
    ...(hidden !== undefined && { hiddenDropout: hidden, classifierDropout: hidden }),
    ...(hidden !== undefined && modern && { modern: { ...modern, embeddingDropout: hidden } }),
    ...(hidden !== undefined &&
      disentangled && { disentangled: { ...disentangled, poolerDropout: disentangled.poolerDropout && hidden } }),
  };
}
