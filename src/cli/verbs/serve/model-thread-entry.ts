import { parentPort, workerData } from "node:worker_threads";
import { Classifier } from "../../../api/index-node.ts";
import { explainChange } from "../../../files/index-node.ts";
import { toSent } from "../../../runs/index.ts";
import { tasks } from "../../../tasks/index.ts";
import { answerRows, checkAsking, type EncodedRow } from "../../serving/answer-rows.ts";
import type { Asked, Failure, FromModel, ModelFacts, ModelSettings, Outcome, ServedInput } from "./model-messages.ts";

// ONNX Runtime blocks the thread that it runs in: the server has one of its own. Models share it, as they share the processor.
const port = parentPort!;
const settings = workerData as ModelSettings;
const post = (message: FromModel): void => port.postMessage(message);

try {
  const { folders, baseModel, device, batchSize } = settings;
  const place = { device, onNote: (text: string) => post({ type: "note", text }) };
  const base = baseModel === undefined ? undefined : await Classifier.loadBase(baseModel, { ...place, verify: true });
  const models: Classifier[] = [];
  for (const folder of folders) {
    const model = await Classifier.load(folder, { ...place, verify: true, base });
    checkAsking(model, settings);
    // compiles the graph and loads the weights, which the first request would wait for
    await model.evaluate([], { batchSize });
    models.push(model);
  }
  port.on("message", async ({ model, inputs }: Asked) =>
    post({ type: "answered", outcomes: await answerAll(models[model], inputs) }),
  );
  post({ type: "ready", facts: models.map(factsOf) });
} catch (error) {
  post({ type: "failed", error: toSent(explainChange(error)) });
}

function factsOf({ reads, config, card, answers }: Classifier): ModelFacts {
  const { ofPairs, ofWords } = tasks[config.task].labels!;
  const trained = card.columns?.pair !== undefined ? "always" : "possible";
  const pairs = reads === "images" || ofPairs || ofWords ? "never" : trained;
  return { reads, pairs, ofWords, fields: answers.fields(settings.topK), task: config.task };
}

/** Whatever is wrong with one input is no other's failure. */
async function answerAll(model: Classifier, inputs: readonly ServedInput[]): Promise<Outcome[]> {
  const encoded = await Promise.all(inputs.map((input) => encode(model, input)));
  const good = encoded.filter((each): each is EncodedRow => !("error" in each));
  const outcomes = (await answerEncoded(model, good)).values();
  return encoded.map((each) => ("error" in each ? each : outcomes.next().value!));
}

async function encode(model: Classifier, input: ServedInput): Promise<EncodedRow | Failure> {
  try {
    return model.reads === "images" ? await model.encodeImage(input) : model.encodeText(input);
  } catch (error) {
    return { error: toSent(error), ofInput: true };
  }
}

async function answerEncoded(model: Classifier, rows: readonly EncodedRow[]): Promise<Outcome[]> {
  if (rows.length === 0) return [];
  try {
    const answered = await answerRows(model, rows, settings, settings.batchSize);
    return answered.map((answer, at) => ({ ...answer, truncated: rows[at].truncated }));
  } catch (error) {
    // images are decoded here, and one of them may be damaged
    if (rows.length > 1) {
      const outcomes: Outcome[] = [];
      for (const row of rows) outcomes.push(...(await answerEncoded(model, [row])));
      return outcomes;
    }
    const sent = toSent(error);
    return [{ error: sent, ofInput: sent.code?.startsWith("data/") ?? false }];
  }
}
