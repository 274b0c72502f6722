import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { commitIter, createBranch, createRepo, modelInfo } from "@huggingface/hub";
import { CrispError, expectedGot } from "../errors/index.ts";
import { checkWhole } from "../files/index-node.ts";
import { checkedRevision, pageOf, repository } from "./repository.ts";
import { hubFetch, type Session } from "./request.ts";
import { type HubSettings, hubSettings } from "./settings-node.ts";

export interface PushProgress {
  readonly file: string;
  /** Of this file, in [0, 1]; first while it is hashed, then while it is sent. */
  readonly share: number;
  readonly phase: "hashing" | "uploading";
}

export interface PushOptions {
  /** Make the repository private, if it has to be made. One that exists must be private then. Default false. */
  readonly private?: boolean;
  /** Made if it is missing. Default `main`. */
  readonly branch?: string;
  readonly commitTitle?: string;
  readonly signal?: AbortSignal;
  /** Called with the paths that will be sent, before the first request. */
  readonly onStart?: (files: readonly string[]) => void;
  readonly onProgress?: (progress: PushProgress) => void;
  readonly settings?: HubSettings;
}

export interface Pushed {
  /** Where people see it. */
  readonly url: string;
  readonly commit: string;
  /** Paths of what was sent. */
  readonly files: readonly string[];
}

/**
 * Never sent: checkpoints are large and hold the training state; mistakes, predictions, audits and the
 * report hold the user's own texts, and TensorBoard's files the paths that were typed. */
const KEPT_HERE = new Set([
  ...["checkpoints", "tensorboard", "node_modules"],
  ...["errors.csv", "right-answers.json", "predictions.jsonl", "report.html", "audit.csv", "audit.json"],
]);

const MODEL_CARD = "README.md";

/**
 * Send a model folder to the hub as one commit; the repository is made if it is missing. Large files go to LFS, whatever the hub decides.
 *
 * Left out: `checkpoints/`, `tensorboard/`, `errors.csv`, `right-answers.json`, `predictions.jsonl`, `report.html`, `audit.csv`, `audit.json`,
 * hidden and temporary files.
 *
 * @param folder - With a config.json.
 * @param id - `owner/name`.
 * A folder that Crisp saved goes only if its files are as they were saved, by their hashes; but the model card is anybody's to edit.
 *
 * @throws `file/changed`, `file/half-written`, `hub/nothing-to-push`, `hub/no-token`, `hub/offline`, `hub/not-private`, `hub/bad-name`, and the codes of `request`.
 * @example
 * await pushFolder("tickets-model", "ada/tickets", { private: true });
 */
export async function pushFolder(folder: string, id: string, options: PushOptions = {}): Promise<Pushed> {
  const settings = options.settings ?? hubSettings();
  const repo = repository("model", id);
  const branch = checkedRevision(options.branch ?? "main");
  check(folder, id, settings);
  checkWhole(folder, { names: (name) => name !== MODEL_CARD && !KEPT_HERE.has(name), verify: true });
  const files = filesToPush(folder);
  options.onStart?.(files);
  const session: Session = { settings, signal: options.signal };
  const subject = { repo, revision: branch };
  // answers to uploads come when all is sent, which may take hours
  const fetch = hubFetch(session, { subject, writes: true, timeoutMs: 24 * 3600 * 1000 });
  // our fetch sets the token itself; this only satisfies the library, which knows no tokens but those of huggingface.co
  const library = { repo: { type: repo.type, name: id }, hubUrl: settings.endpoint, accessToken: "hf_", fetch } as const;
  const isNew = await createRepo({ ...library, visibility: options.private ? "private" : undefined }).then(
    () => true,
    existsAlready,
  );
  if (!isNew && options.private) {
    const { private: isPrivate } = await modelInfo({ name: id, hubUrl: settings.endpoint, fetch });
    const hint = "Make it private in its settings, push to another name, or leave --private out.";
    if (!isPrivate) throw expectedGot("hub/not-private", id, "a private repository", "one that exists and is public", hint);
  }
  if (branch !== "main") await createBranch({ ...library, branch }).catch(existsAlready);
  const upload = commitIter({
    ...library,
    branch,
    title: options.commitTitle ?? "Upload model with Crisp",
    operations: files.map((path) => ({ operation: "addOrUpdate", path, content: pathToFileURL(join(folder, path)) })),
    abortSignal: options.signal,
  });
  let step = await upload.next();
  for (; !step.done; step = await upload.next()) {
    const event = step.value;
    if (event.event !== "fileProgress") continue;
    if (event.state === "error") throw new CrispError("hub/refused", `${id}/${event.path}: could not be uploaded. Try again.`);
    options.onProgress?.({ file: event.path, share: event.progress, phase: event.state });
  }
  const url = `${pageOf(settings.endpoint, repo)}${branch === "main" ? "" : `/tree/${branch}`}`;
  return { url, commit: step.value?.commit.oid ?? "", files };
}

function check(folder: string, id: string, settings: HubSettings): void {
  if (!existsSync(join(folder, "config.json"))) {
    const got = existsSync(folder) ? "none" : "no such folder";
    throw expectedGot(
      "hub/nothing-to-push",
      folder,
      "a model folder with a config.json",
      got,
      "Give the folder that crisp train saved.",
    );
  }
  if (!id.includes("/")) throw expectedGot("hub/bad-name", "hub", "a name with its owner, owner/name", id);
  if (settings.offline) throw expectedGot("hub/offline", id, "a connection", "HF_HUB_OFFLINE", "Unset it to push.");
  if (settings.token !== undefined) return;
  const hint = "Make one that may write at https://huggingface.co/settings/tokens and set HF_TOKEN to it, or: hf auth login.";
  throw expectedGot("hub/no-token", id, "a token", "none", hint);
}

/** Paths with forward slashes, in order. */
function filesToPush(folder: string, inside = ""): string[] {
  return readdirSync(join(folder, inside), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && !name.endsWith(".tmp") && !KEPT_HERE.has(name))
    .flatMap((entry) => (entry.isDirectory() ? filesToPush(folder, `${inside}${entry.name}/`) : [`${inside}${entry.name}`]))
    .sort();
}

/** 409: what is to be made is there already. */
function existsAlready(error: unknown): false {
  if (error instanceof CrispError && error.code === "hub/exists") return false;
  throw error;
}
