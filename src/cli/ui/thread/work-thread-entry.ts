import { statSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { Classifier } from "../../../api/index-node.ts";
import { isDense } from "../../../attention/index.ts";
import { explainChange } from "../../../files/index-node.ts";
import { toSent } from "../../../runs/index.ts";
import type { Connection, DatabasePlace } from "../../../studies/index-node.ts";
import { connectStudies } from "../studies/database.ts";
import { recordsIn } from "../studies/database-studies.ts";
import { recordsOf } from "../studies/folder-studies.ts";
import { judgedAt } from "../studies/study-source.ts";
import { type Done, type FromThread, type Job, MOST_MAPPED_TOKENS, type Reading, type ReadText } from "./jobs.ts";

const MOST_LABELS = 5;
const port = parentPort!;

/** The last model stays loaded: people try one sentence after the other. */
let loaded: { readonly folder: string; readonly saved: number; readonly model: Classifier } | undefined;

port.on("message", async (job: Job) => {
  let answer: FromThread;
  try {
    answer = { done: await work(job) };
  } catch (error) {
    answer = { error: toSent(explainChange(error)) };
  }
  port.postMessage(answer);
});

const work = (job: Job): Promise<Done> => (job.type === "read" ? read(job) : lookAt(job));

/** Of the database that the thread was given; made anew where it could not be had. */
let connection: Promise<Connection> | undefined;
function connected(): Promise<Connection> {
  connection ??= connectStudies(workerData as DatabasePlace).catch((error) => {
    connection = undefined;
    throw error;
  });
  return connection;
}

async function lookAt({ place, look }: Extract<Job, { type: "look" }>): Promise<Done> {
  const { facts, records } = "folder" in place ? recordsOf(place.folder) : await recordsIn(await connected(), place.study, look);
  return judgedAt(look, facts, records);
}

async function modelIn(folder: string): Promise<Classifier> {
  const saved = statSync(join(folder, "crisp.json")).mtimeMs;
  if (loaded?.folder !== folder || loaded.saved !== saved) {
    loaded = undefined;
    loaded = { folder, saved, model: await Classifier.load(folder, { device: "cpu", onNote: () => {} }) };
  }
  return loaded.model;
}

const WORDS = { dense: "dense", trained: "as trained" } as const;

/** Dense first; as trained where that is something else. */
async function read({ folder, text, pair }: Extract<Job, { type: "read" }>): Promise<ReadText> {
  const model = await modelIn(folder);
  const encoded = model.encodeText(pair === undefined ? text : { text, pair });
  const kinds = isDense(model.card.attention) ? (["dense"] as const) : (["dense", "trained"] as const);
  const readings: Reading[] = [];
  for (const attention of kinds) {
    const { probabilities } = await model.evaluate([encoded], { attention, batchSize: 64 });
    const maps = encoded.inputIds.length > MOST_MAPPED_TOKENS ? [] : await model.attentionMaps(encoded, { attention });
    const predictions = model.answer(probabilities[0], encoded, Math.min(MOST_LABELS, model.config.labels.length));
    readings.push({ attention: WORDS[attention], predictions, maps });
  }
  const tokens = model.tokenizer.tokens(encoded.inputIds);
  return { tokens, heads: model.config.heads, pattern: model.card.attention.pattern, readings };
}
