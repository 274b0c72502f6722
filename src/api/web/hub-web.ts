import {
  cachedModel,
  type DownloadedFiles,
  type FoundModel,
  findModel,
  forgetModel,
  type HubPlace,
} from "../../hub/index-web.ts";
import { describeIn } from "./client.ts";
import type { EncoderFacts } from "./messages.ts";
import { startWorker } from "./start-worker-web.ts";

/** A model of the Hub that Crisp can read, before its weights are downloaded. */
export interface HubModel extends Omit<FoundModel, "config">, EncoderFacts {}

/**
 * Look up a model on the Hugging Face Hub: how many bytes it has, and whether Crisp can read it. `download` then brings it, for `train`.
 *
 * Asks without a token, so gated and private models are refused. The page's policy has to allow connections to
 * `https://huggingface.co https://*.huggingface.co https://*.hf.co`.
 *
 * @param id - `owner/name`.
 * @throws `config/…` for a family that Crisp has not; `hub/bad-name`, `hub/no-repository`, `hub/gated`, `hub/unreachable`,
 *   `hub/no-safetensors`, `hub/no-tokenizer`, `hub/too-large` above 1 GB, `hub/no-storage`, …; the signal's reason.
 * @example
 * const id = "sentence-transformers/all-MiniLM-L6-v2";
 * const model = (await cachedHubModel(id)) ?? (await (await findHubModel(id)).download({ onProgress: ({ allBytes }) => show(allBytes) }));
 * const run = train({ data: file, model });
 */
export async function findHubModel(id: string, options: HubPlace & { readonly signal?: AbortSignal } = {}): Promise<HubModel> {
  const { config, ...found } = await findModel(id, options);
  return { ...found, ...(await describeIn(startWorker(), new Map([["config.json", config]]), id)) };
}

/** The files of a model that `download` kept in this browser, without any request; undefined where there are none. */
export const cachedHubModel = (id: string, options: HubPlace = {}): Promise<DownloadedFiles | undefined> =>
  cachedModel(id, options);

/** Remove a model from this browser. */
export const forgetHubModel = (id: string, options: Pick<HubPlace, "endpoint"> = {}): Promise<void> => forgetModel(id, options);
