import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { checkPlan } from "../attention/index.ts";
import { type Encoded, encodeDataset } from "../data/index.ts";
import { type EncoderConfig, parseEncoderConfig, storedModel } from "../models/index.ts";
import { hashOfData, hashOfModel, type MappedSentence, planOf, type RunData } from "../runs/index.ts";
import { resolveOptions } from "../training/index.ts";
import { checkStudy } from "./check-definition.ts";
import type { StudyDefinition } from "./definition.ts";
import type { StudyEnvironment } from "./environment.ts";
import type { StudyHeader } from "./store.ts";

/** A study whose every mistake that can be found before the first run was looked for. */
export interface PreparedStudy {
  readonly definition: StudyDefinition;
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
  resolveOptions(definition.options);
  const { config, hash } = modelOf(definition, environment);
  for (const { plan } of definition.arms) checkPlan(planOf(plan), config);
  const data = encodeData(definition);
  const dataHash = hashOfData(data);
  const { study, corpus, arms, seeds, looks = [seeds.length], claims, options, command } = definition;
  const plan = { seeds, looks, ...(claims && { claims }) };
  const fingerprint = fingerprintOf(definition, hash, dataHash);
  return { definition, config, data, dataHash, header: { fingerprint, study, corpus, arms, plan, options, command } };
}

function modelOf({ model }: StudyDefinition, environment: Pick<StudyEnvironment, "readModel">) {
  if (model.kind === "folder") return environment.readModel(model.path);
  if (model.kind === "files") {
    const { files } = model;
    return { config: storedModel(files).config, hash: hashOfModel([...files.keys()], (name) => files.get(name)!) };
  }
  return { config: parseEncoderConfig(model.config), hash: JSON.stringify(model.config) };
}

/**
 * A hash of everything that the runs read: weights and config, token ids and labels, arms and options.
 *
 * A model counts by its content, not by its path, and a tokenizer by what it makes of the texts. Seeds, looks and claims are the
 * plan's, see `settlePlan`.
 */
function fingerprintOf({ data, tokenizer, arms, options }: StudyDefinition, model: string, dataHash: string): string {
  // how often and how many checkpoints are written changes nothing that is trained
  const { saveSteps: _, saveTotalLimit: __, ...decisive } = resolveOptions(options);
  const { labels } = data.train;
  const read = { model, data: dataHash, labels, padTokenId: tokenizer.padTokenId, arms, options: decisive };
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(read))));
}

function encodeData({ tokenizer, data, fresh = [] }: StudyDefinition): PreparedStudy["data"] {
  const reported = encodeDataset(tokenizer, data.reported);
  const mapped: MappedSentence[] = reported.slice(0, MAPPED).map((example, at) => ({
    text: data.reported.examples[at].text,
    tokens: tokenizer.tokens(example.inputIds),
    encoded: example,
  }));
  return {
    train: encodeDataset(tokenizer, data.train),
    selection: data.selection && encodeDataset(tokenizer, data.selection),
    reported,
    mapped,
    fresh: fresh.map(({ text, label }, index) => ({ index, label, ...tokenizer.encode(text) })),
  };
}
