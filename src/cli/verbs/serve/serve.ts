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
import { startModel } from "./model-thread.ts";
import { addRoutes, OPEN_PATHS, PATHS } from "./routes.ts";
import { schemasOf } from "./schemas.ts";

const OPTIONS = {
  ...SERVER_OPTIONS,
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
  usage: "<model> [options]",
  positionals: [{ name: "model", help: "Folder that crisp train saved.", required: true }],
  options: OPTIONS,
  examples: [
    "crisp serve tickets-model",
    "crisp serve tickets-model --port 9000 --threshold 0.9",
    "CRISP_TOKEN=$(openssl rand -hex 32) crisp serve tickets-model --host 0.0.0.0",
  ],
  endsOnSignal: true,
  async run({ options, output, signal, positionals: [folder] }) {
    const { maxTexts, maxTextLength, maxBatchSize, maxWaitMs, maxQueueSize, threshold, topK } = options;
    if (maxTexts > maxQueueSize) {
      throw expectedGot("cli/bad-option", "--max_queue_size", `at least --max_texts (${maxTexts})`, maxQueueSize);
    }
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    if (!existsSync(join(folder, OWN_FILES))) output.note(`${folder} has no ${OWN_FILES}: its files are taken as they are`);
    const settings = { folder, device, threshold, topK, batchSize: maxBatchSize };
    const model = await startModel(settings, (text) => output.note(text));
    try {
      const batcher = createBatcher<ServedInput, Outcome>({
        ...{ compute: model.answer, maxBatchSize, maxWaitMs, maxQueueSize },
        onBatch: (size, elapsedMs) => metrics.onBatch(size, elapsedMs),
      });
      const metrics = createMetrics(PATHS, () => batcher.length);
      const shared = serverSettings(options, output);
      const onAnswered: typeof shared.onAnswered = (request) => {
        metrics.onAnswered(request);
        shared.onAnswered?.(request);
      };
      const name = basename(resolve(folder));
      const server = await startServer({ ...shared, open: OPEN_PATHS, onAnswered }, (app) =>
        addRoutes(app, {
          ...{ name, batcher, metrics, facts: model.facts, schemas: schemasOf(model.facts, maxTexts, maxTextLength) },
          ...{ maxTextLength, secured: shared.token !== undefined, ready: () => !signal.aborted },
        }),
      );
      output.print(`${name} answers at ${server.url}predict`);
      if (output.interactive) output.print(`how to ask: ${server.signInUrl()}`);
      output.record({ url: server.url });
      await Promise.race([untilStopped(server, signal), model.lost.then((error) => stopFor(error, server.stop))]);
      return 0;
    } finally {
      await model.close();
    }
  },
});

/** Nothing can be answered any more: whoever watches the process starts it again. */
async function stopFor(error: Error, stop: () => Promise<void>): Promise<never> {
  await stop();
  throw error;
}
