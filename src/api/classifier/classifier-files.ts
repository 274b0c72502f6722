import { checkPlan } from "../../attention/index.ts";
import { createTokenizer, readTokenizerJson } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { type EncoderConfig, type StoredModel, storedModel, weightsFrom, withLabels } from "../../models/index.ts";
import { imageInputOf, planOf } from "../../runs/index.ts";
import { tasks } from "../../tasks/index.ts";
import { inputFilesOf } from "../input-files.ts";
import { checkVocabulary } from "../start-model.ts";
import type { AdapterBase } from "./adapter-base.ts";
import { type ClassifierParts, TextClassifier } from "./classifier.ts";
import { parseCard } from "./crisp-card.ts";

/**
 * Take a classifier from the files of a folder that Crisp saved, by name.
 *
 * @param options.where - The folder or archive, for messages.
 * @throws `model/not-trained` when there is no crisp.json, or no trained classifier; `model/bad-card`; `model/tokenizer` when the tokenizer
 *   has ids that the model lacks; what loading weights and tokenizer throws.
 */
export async function classifierFromFiles(
  files: ReadonlyMap<string, Uint8Array>,
  { where = "model", ...place }: Place & { readonly where?: string },
): Promise<TextClassifier> {
  return new TextClassifier(await classifierParts(files, { where, ...place }));
}

/** What a classifier is taken into. */
type Place = Pick<ClassifierParts, "createRuntime" | "imageReader"> & {
  /** The encoder beside which the folder's adapter is loaded; left out, the folder's own weights are. */
  readonly base?: AdapterBase;
};

/** What `classifierFromFiles` makes a classifier of. */
export async function classifierParts(
  files: ReadonlyMap<string, Uint8Array>,
  { where, base, ...place }: Place & { readonly where: string },
): Promise<ClassifierParts> {
  const stored = storedModel(files, where);
  const hint = "Train first: crisp train <data>";
  const crisp = files.get("crisp.json");
  if (!crisp) throw expectedGot("model/not-trained", where, "a folder that crisp train saved", "no crisp.json in it", hint);
  const card = parseCard(crisp, `${where}/crisp.json`);
  if (!tasks[card.task ?? stored.config.task].outputs)
    throw expectedGot(
      "model/not-trained",
      where,
      "a trained classifier",
      tasks[stored.config.task].card.description.replace("A ", "a "),
      hint.replace("<data>", `<data> --model ${where}`),
    );
  // config.json names the class of a bare encoder, which may be anybody's; the card says what it was trained for
  const config = withLabels(stored.config, stored.config.labels, card.task ?? stored.config.task);
  const { maxLength, longTexts, docStride, maxWindows, padTokenId } = card;
  const cardFile = `${where}/crisp.json`;
  if (maxLength > config.maxPositions)
    throw expectedGot(
      "model/bad-card",
      cardFile,
      `maxLength of at most ${config.maxPositions}, the positions of the model`,
      maxLength,
    );
  if (config.vocabSize > 0 && padTokenId >= config.vocabSize)
    throw expectedGot("model/bad-card", cardFile, `padTokenId below ${config.vocabSize}, the tokens of the model`, padTokenId);
  checkPlan(planOf(card.attention), config);
  const weights = base ? await base.adapted(config, files, where) : { config, ...trainedWeights(config, stored, where, hint) };
  const images = imageInputOf(config, files, where);
  const tokenizer = images
    ? undefined
    : createTokenizer({ ...readTokenizerJson(files, where), maxLength, longTexts, docStride, maxWindows });
  if (tokenizer) checkVocabulary(tokenizer, config, where);
  const device = base ? { createRuntime: base.createRuntime, upload: base.upload } : {};
  return { ...weights, card, tokenizer, images, tokenizerFiles: inputFilesOf(files, images), ...place, ...device };
}

function trainedWeights(
  config: EncoderConfig,
  stored: StoredModel,
  where: string,
  hint: string,
): Pick<ClassifierParts, "weights"> {
  const { weights, fresh } = weightsFrom(config, stored, { seed: 0, where: stored.weightsFile });
  if (fresh.length === 0) return { weights };
  throw expectedGot("model/not-trained", where, "a trained classifier", `none for ${fresh.join(", ")}`, hint);
}
