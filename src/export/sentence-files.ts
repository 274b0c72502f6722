/**
 * What sentence-transformers loads a folder by, beside transformers' files: the mean over real tokens, at length 1.
 *
 * @param dimension - D.
 * @param maxLength - Tokens, special ones included.
 * @see `modules.json` of any model that sentence-transformers saved.
 */
export function sentenceFiles(dimension: number, maxLength: number): Readonly<Record<string, Uint8Array>> {
  const module = (idx: number, path: string, type: string) => ({
    ...{ idx, name: String(idx), path },
    type: `sentence_transformers.models.${type}`,
  });
  const pooling = {
    word_embedding_dimension: dimension,
    ...{ pooling_mode_cls_token: false, pooling_mode_mean_tokens: true, pooling_mode_max_tokens: false },
    pooling_mode_mean_sqrt_len_tokens: false,
  };
  return {
    "modules.json": file([
      module(0, "", "Transformer"),
      module(1, "1_Pooling", "Pooling"),
      module(2, "2_Normalize", "Normalize"),
    ]),
    "1_Pooling/config.json": file(pooling),
    "sentence_bert_config.json": file({ max_seq_length: maxLength, do_lower_case: false }),
  };
}

const file = (content: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
