import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelFiles } from "./model-files.ts";
import { pageOf, repository } from "./repository.ts";
import { hubSettings } from "./settings-node.ts";
import { type HubOptions, withSnapshot } from "./snapshot-node.ts";

/**
 * Have a model of the hub in the cache that Python's libraries share, and say where.
 *
 * Downloads config.json, the weights (model.safetensors, or its index and all parts), and what there is of tokenizer files,
 * preprocessor_config.json and crisp.json. With a filled cache it sends one request, for the commit of the revision; none when `revision` is
 * a commit, or offline.
 *
 * @param id - `owner/name`, e.g. `distilbert/distilbert-base-uncased`.
 * @returns the snapshot folder, a Hugging Face model folder.
 * @throws `hub/no-config`, `hub/no-safetensors`, `hub/bad-index`; `hub/no-repository`, `hub/no-revision`, `hub/gated`, `hub/bad-token`,
 *   `hub/unreachable`, `hub/server-error`, `hub/rate-limited`, `hub/not-cached`, `hub/wrong-hash`, `hub/wrong-size`, `hub/disk-full`,
 *   `hub/not-writable`, `hub/bad-name`.
 * @example
 * const folder = await downloadModel("microsoft/MiniLM-L12-H384-uncased", { onProgress: ({ file, bytes }) => show(file, bytes) });
 */
export async function downloadModel(id: string, options: HubOptions = {}): Promise<string> {
  const repo = repository("model", id);
  const settings = options.settings ?? hubSettings();
  return withSnapshot(repo, { ...options, settings }, async (snapshot) => {
    const { files, isListed, folder } = snapshot;
    const page = `${pageOf(settings.endpoint, repo)}/tree/main`;
    const read = async (path: string) => {
      await snapshot.fetch([path]);
      return readFileSync(join(folder, path), "utf8");
    };
    await snapshot.fetch(await modelFiles({ id, page, files, isListed, read }));
    return folder;
  });
}
