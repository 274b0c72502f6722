import { checkPlan } from "../attention/index.ts";
import { type Dataset, type Encoded, encodeDataset, type Tokenizer } from "../data/index.ts";
import { type EncoderConfig, parseEncoderConfig, storedModel, withFewerLayers } from "../models/index.ts";
import { hashOfData, hashOfModel, type MappedSentence, planOf, type RunData } from "../runs/index.ts";
import { resolveOptions } from "../training/index.ts";
import { BASELINE, checkStudy } from "./check-definition.ts";
import type { Arm, StudyDefinition } from "./definition.ts";
import type { StudyEnvironment } from "./environment.ts";
import { runId, type SharedContent } from "./run-id.ts";
import type { StudyHeader } from "./stores/store.ts";

/** A study whose every mistake that can be found before the first run was looked for. */
export interface PreparedStudy {
  readonly definition: StudyDefinition;
  /** Of the model as it was given; `configOf` has an arm's. */
  readonly config: EncoderConfig;
  /** Tokenised, once for all runs. */
  readonly data: RunData & { readonly train: readonly Encoded[]; readonly reported: readonly Encoded[] };
  /** See `hashOfData`. */
  readonly dataHash: string;
  readonly header: StudyHeader;
}

/** Sentences whose attention the report shows. */
const MAPPED = 3;

/**
 * Check a study, read its model's config and tokenise its data.
 *
 * @throws `study/bad-spec`; what options, plans, models and tokenizers throw.
 */
export function prepareStudyIn(environment: Pick<StudyEnvironment, "readModel">, definition: StudyDefinition): PreparedStudy {
  checkStudy(definition);
  for (const arm of definition.arms) resolveOptions({ ...definition.options, ...arm.options });
  const { config, hash } = modelOf(definition, environment);
  for (const arm of definition.arms) checkPlan(planOf(arm.plan), configOf({ definition, config }, arm));
  const data = encodeData(definition);
  const dataHash = hashOfData(data);
  const header = headerOf(definition, {
    ...{ model: hash, tokenizer: definition.tokenizer.fingerprint(), data: dataHash, draw: definition.draw },
    ...{ labels: definition.data.train.labels, padTokenId: definition.tokenizer.padTokenId },
  });
  return { definition, config, data, dataHash, header };
}

/** The config that an arm trains: that of the model, or of so many of its layers as its options say. */
export function configOf({ definition, config }: Pick<PreparedStudy, "definition" | "config">, { options }: Arm): EncoderConfig {
  const { numHiddenLayers } = { ...definition.options, ...options };
  return numHiddenLayers === undefined ? config : withFewerLayers(config, numHiddenLayers);
}

function headerOf(definition: StudyDefinition, shared: SharedContent): StudyHeader {
  const { study, corpus, arms, seeds, looks = [seeds.length], options, command } = definition;
  const { claims = arms.flatMap(({ name }) => (name === BASELINE ? [] : [name])) } = definition;
  const runs = seeds.flatMap((seed) => arms.map((arm) => ({ arm: arm.name, seed, id: runId(shared, arm, options, seed) })));
  return { study, corpus, runs, plan: { seeds, looks, claims }, options, command };
}

function modelOf({ model }: StudyDefinition, environment: Pick<StudyEnvironment, "readModel">) {
  if (model.kind === "folder") return environment.readModel(model.path);
  if (model.kind === "files") {
    const { files } = model;
    return { config: storedModel(files).config, hash: hashOfModel([...files.keys()], (name) => files.get(name)!) };
  }
  return { config: parseEncoderConfig(model.config), hash: JSON.stringify(model.config) };
}

/** So that the cells of a grid that share texts share their tokens, too. */
const tokenised = new WeakMap<Tokenizer, WeakMap<Dataset, readonly Encoded[]>>();

function encode(tokenizer: Tokenizer, dataset: Dataset): readonly Encoded[] {
  const known = tokenised.get(tokenizer) ?? new WeakMap<Dataset, readonly Encoded[]>();
  tokenised.set(tokenizer, known);
  const encoded = known.get(dataset) ?? encodeDataset(tokenizer, dataset);
  known.set(dataset, encoded);
  return encoded;
}

function encodeData({ tokenizer, data, fresh = [] }: StudyDefinition): PreparedStudy["data"] {
  const reported = encode(tokenizer, data.reported);
  const mapped: MappedSentence[] = reported.slice(0, MAPPED).map((example, at) => ({
    text: data.reported.examples[at].text,
    tokens: tokenizer.tokens(example.inputIds),
    encoded: example,
  }));
  return {
    train: encode(tokenizer, data.train),
    selection: data.selection && encode(tokenizer, data.selection),
    reported,
    mapped,
    fresh: fresh.map(({ text, label }, index) => ({ index, label, ...tokenizer.encode(text) })),
  };
}
