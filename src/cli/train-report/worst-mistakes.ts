import type { TrainResult } from "../../api/index-node.ts";
import type { ShownMistake, TrainReport } from "../../report/index.ts";
import { taskOf } from "../../tasks/index.ts";
import { type FoundAnswer, mistakesOf } from "../verbs/error-tables.ts";

const MOST_SHOWN = 20;
/** Attention over more tokens is neither cheap nor shown: a text is cut long before. */
const MOST_TOKENS = 512;

/**
 * The most confident wrong answers, each with the attention behind it where that is cheap: of texts, one forward pass a mistake.
 *
 * @param onNote - Told why there is no attention.
 */
export async function worstMistakes(
  { evaluated, model }: Pick<TrainResult, "evaluated" | "model">,
  onNote: (text: string) => void,
): Promise<TrainReport["mistakes"]> {
  const { examples } = evaluated.dataset;
  const found = mistakesOf(evaluated, model.config.labels);
  let attends = model.reads === "texts";
  const shown: ShownMistake[] = [];
  for (const mistake of found.slice(0, MOST_SHOWN)) {
    const { index, text, pair } = examples[mistake.at];
    let attention: ShownMistake["attention"];
    try {
      if (attends) attention = await attentionBehind(mistake, { evaluated, model });
    } catch (error) {
      // the trained model is saved by now; a device that fails here costs the report its shades, and nothing else
      attends = false;
      onNote(`report: without attention, as ${(error as Error).message}`);
    }
    shown.push({ row: index, cells: mistake.cells, text, ...(pair !== undefined && { pair }), ...(attention && { attention }) });
  }
  return { columns: taskOf(evaluated.dataset).outputs!.answer.mistakeColumns, total: found.length, shown };
}

/** Of the token that decides: a word's own, else the first, which stands for the whole text. */
async function attentionBehind(
  { at, token = 0 }: FoundAnswer,
  { evaluated, model }: Pick<TrainResult, "evaluated" | "model">,
): Promise<ShownMistake["attention"]> {
  const { text, pair, words } = evaluated.dataset.examples[at];
  const encoded = model.encodeText({ text, pair, ...(words && { words }) });
  if (encoded.inputIds.length > MOST_TOKENS) return undefined;
  const rows = await model.attention(encoded);
  if (!rows) return undefined;
  const { specialIds } = model.tokenizer;
  return model.tokenizer.tokens(encoded.inputIds).flatMap((name, key) => {
    if (specialIds.has(encoded.inputIds[key])) return [];
    return [{ token: name, share: rows[token][key] }];
  });
}
