import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { expectedGot } from "../../../errors/index.ts";
import { OWN_FILES } from "../../../files/index-node.ts";
import type { Device } from "../../../runs/index.ts";
import { startServer } from "../../../server/index-node.ts";
import { sayAsked } from "../../read-options.ts";
import { THRESHOLD_OPTION, TOP_K_OPTION } from "../../serving/answer-rows.ts";
import { SERVER_OPTIONS, serverSettings, untilStopped } from "../../serving/server-options.ts";
import { defineVerb, type OptionTable } from "../../verb.ts";
import { DEVICE_OPTION } from "../training-options.ts";
import { createBatcher } from "./batcher.ts";
import { createMetrics } from "./metrics.ts";
import type { Outcome, ServedInput } from "./model-messages.ts";
import { startModels } from "./model-thread.ts";
import { addRoutes, OPEN_PATHS, pathsOf } from "./routes.ts";
import { schemasOf } from "./schemas.ts";
import { predictPath, type ServedModel } from "./served-model.ts";

const OPTIONS = {
  ...SERVER_OPTIONS,
  base_model: {
    type: "string",
    unit: "folder",
    help: "Encoder that all models are adapters of (--lora_rank): its weights are held once, and those of the folders are not read.",
  },
  threshold: THRESHOLD_OPTION,
  top_k: TOP_K_OPTION,
  max_texts: { type: "integer", unit: "texts", min: 1, default: 256, help: "Texts in one request." },
  max_text_length: {
    type: "integer",
    unit: "characters",
    min: 1,
    default: 20_000,
    help: "Characters (UTF-16 units) of one text, and of its pair; the model's thread reads one text at a time.",
  },
  max_batch_size: {
    type: "integer",
    unit: "texts",
    min: 1,
    default: 32,
    help: "Texts of all requests that are computed together.",
  },
  max_wait_ms: {
    type: "number",
    unit: "milliseconds",
    min: 0,
    default: 2,
    help: "How long a text waits for others to be computed with while nothing else is computed.",
  },
  max_queue_size: {
    type: "integer",
    unit: "texts",
    min: 1,
    default: 4096,
    help: "Texts that may wait; requests beyond get 503 with the time of the next try.",
  },
  device: DEVICE_OPTION,
} as const satisfies OptionTable;

export const serve = defineVerb({
  name: "serve",
  summary: "answer requests over HTTP with a saved model, for other programs",
  usage: "<model>… [options]",
  positionals: [
    {
      ...{ name: "model", help: "Folder that crisp train saved, or several; each has a path of its own.", required: true },
      many: true,
    },
  ],
  options: OPTIONS,
  examples: [
    "crisp serve tickets-model",
    "crisp serve tickets-model --port 9000 --threshold 0.9",
    "crisp serve tickets-model tone-model --base_model models/minilm",
    "CRISP_TOKEN=$(cat token.txt) crisp serve tickets-model --host 0.0.0.0",
  ],
  endsOnSignal: true,
  async run({ options, output, signal, positionals: folders }) {
    const { maxTexts, maxTextLength, maxBatchSize, maxWaitMs, maxQueueSize, threshold, topK } = options;
    if (maxTexts > maxQueueSize) {
      throw expectedGot("cli/bad-option", "--max_queue_size", `at least --max_texts (${maxTexts})`, maxQueueSize);
    }
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const names = namesOf(folders);
    for (const folder of folders) {
      if (!existsSync(join(folder, OWN_FILES))) output.note(`${folder} has no ${OWN_FILES}: its files are taken as they are`);
    }
    const settings = { folders, baseModel: options.baseModel, device, threshold, topK, batchSize: maxBatchSize };
    const thread = await startModels(settings, (text) => output.note(text));
    try {
      const models = thread.facts.map((facts, model): ServedModel => {
        const batcher = createBatcher<ServedInput, Outcome>({
          ...{ compute: (inputs) => thread.answer({ model, inputs }), maxBatchSize, maxWaitMs, maxQueueSize },
          onBatch: (size, elapsedMs) => metrics.onBatch(size, elapsedMs),
        });
        return { name: names[model], facts, schemas: schemasOf(facts, maxTexts, maxTextLength), batcher };
      });
      const metrics = createMetrics(pathsOf(names), () => models.reduce((sum, { batcher }) => sum + batcher.length, 0));
      const shared = serverSettings(options, output);
      const onAnswered: typeof shared.onAnswered = (request) => {
        metrics.onAnswered(request);
        shared.onAnswered?.(request);
      };
      const server = await startServer({ ...shared, open: OPEN_PATHS, onAnswered }, (app) =>
        addRoutes(app, {
          ...{ models, metrics, maxTextLength, secured: shared.token !== undefined, ready: () => !signal.aborted },
        }),
      );
      output.print(`${names[0]} answers at ${server.url}predict`);
      for (const name of names.slice(1)) output.print(`${name} answers at ${new URL(predictPath(name), server.url)}`);
      if (output.interactive) output.print(`how to ask: ${server.signInUrl()}`);
      output.record({ url: server.url });
      await Promise.race([untilStopped(server, signal), thread.lost.then((error) => stopFor(error, server.stop))]);
      return 0;
    } finally {
      await thread.close();
    }
  },
});

/** What people and paths call each folder's model: the folder's own name. */
function namesOf(folders: readonly string[]): string[] {
  const names = folders.map((folder) => basename(resolve(folder)));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw expectedGot(
    "cli/bad-option",
    "serve",
    "folders of different names, which are in their paths",
    `${twice} twice`,
    "Rename one.",
  );
}

/** Nothing can be answered any more: whoever watches the process starts it again. */
async function stopFor(error: Error, stop: () => Promise<void>): Promise<never> {
  await stop();
  throw error;
}
