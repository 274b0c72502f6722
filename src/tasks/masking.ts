import { expectedGot } from "../errors/index.ts";
import { foldKey, hashWords } from "../random/index.ts";

/** How tokens are hidden for masked-language-model training. */
export interface MaskingRules {
  /** Share of the tokens that are predicted, in (0, 1); BERT's 0.15. */
  readonly probability: number;
  readonly maskTokenId: number;
  /** Random words are drawn below this id. */
  readonly vocabularySize: number;
  /** Never masked, and never drawn: [CLS], [SEP], [PAD], … */
  readonly specialIds: ReadonlySet<number>;
}

/** One example with hidden tokens. */
export interface MaskedTokens {
  /** [n] what the model sees. */
  readonly inputIds: Int32Array;
  /** [m] places in `inputIds` that are to be predicted, ascending. */
  readonly places: Int32Array;
  /** [m] the tokens that stood there. */
  readonly labels: Int32Array;
}

/** Check a masking share; throws `data/bad-masking`. */
export function checkMasking({ probability }: Pick<MaskingRules, "probability">): void {
  if (probability > 0 && probability < 1) return;
  throw expectedGot("data/bad-masking", "mlmProbability", "a share of the tokens in (0, 1)", probability, "BERT took 0.15.");
}

/**
 * Hide tokens as BERT does: each with `probability`; of those 80 % become [MASK], 10 % a random word, 10 % stay.
 *
 * @param inputIds - [n], special tokens included; not changed.
 * @param key.seed - Of the run.
 * @param key.epoch - Each epoch hides others (RoBERTa's dynamic masking); −1 is the evaluation's.
 * @param key.example - Names the example.
 * @returns The same for the same key on every machine.
 * @example
 * maskTokens(inputIds, { probability: 0.15, maskTokenId: 103, vocabularySize: 30522, specialIds }, { seed: 1, epoch: 0, example: 7 });
 * @see Devlin et al., arXiv 1810.04805, section 3.1; `DataCollatorForLanguageModeling` in transformers.
 */
export function maskTokens(
  inputIds: Int32Array,
  { probability, maskTokenId, vocabularySize, specialIds }: MaskingRules,
  { seed, epoch, example }: { readonly seed: number; readonly epoch: number; readonly example: number },
): MaskedTokens {
  const { key0, key1 } = foldKey({ seed, step: epoch, site: `masking.${example}` });
  const draw = (index: number): number => hashWords(key0, key1, index) / 2 ** 32;
  const seen = inputIds.slice();
  const places: number[] = [];
  for (let at = 0; at < seen.length; at++) {
    if (specialIds.has(seen[at]) || draw(3 * at) >= probability) continue;
    places.push(at);
    const what = draw(3 * at + 1);
    if (what < 0.8) seen[at] = maskTokenId;
    else if (what < 0.9) seen[at] = randomWord(draw(3 * at + 2), vocabularySize, specialIds);
  }
  return { inputIds: seen, places: Int32Array.from(places), labels: Int32Array.from(places, (at) => inputIds[at]) };
}

/** The drawn id, or the next one that is no special token. */
function randomWord(uniform: number, size: number, specialIds: ReadonlySet<number>): number {
  let id = Math.floor(uniform * size);
  while (specialIds.has(id)) id = (id + 1) % size;
  return id;
}
