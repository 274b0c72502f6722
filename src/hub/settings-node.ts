import { readFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { meansSecretsInClear } from "../network/index.ts";
import type { Advice, Connection } from "./connection.ts";
import { sendByHand } from "./redirects.ts";
import type { Session } from "./request.ts";

/** Everything about the hub that may differ between machines, or between a run and a test. */
export interface HubSettings extends Connection {
  /** `HF_HUB_CACHE`, else `$HF_HOME/hub`. */
  readonly cacheFolder: string;
  /** `HF_HUB_OFFLINE`: no request at all. */
  readonly offline: boolean;
  /** How often the owner of a lock says that it lives. 5 s. */
  readonly lockBeatMs: number;
  /** A lock without a sign of life for so long is taken over. 30 s: a busy machine may skip a few beats. */
  readonly staleLockMs: number;
  /** Write all of `bytes` at `position`. Replaced in tests, to fill disks. */
  readonly writeAt: (file: FileHandle, bytes: Uint8Array, position: number) => Promise<void>;
}

/** One caller's conversation with the hub, on a machine with a cache. */
export interface NodeSession extends Session {
  readonly settings: HubSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ADVICE: Advice = {
  logIn: "Set HF_TOKEN to a token of yours, or log in once with: hf auth login.",
  limit: "What was downloaded is kept; a token (HF_TOKEN) raises the limit.",
  trouble: "What was downloaded is kept.",
  endpoint: "Is HF_ENDPOINT the address of a hub?",
  unreachable: "Check the connection; what was downloaded is kept, and the next run continues there.",
};

/**
 * Read the variables of Hugging Face's Python libraries, with their meaning there (huggingface_hub, `constants.py`).
 *
 * @param env - `process.env` by default.
 * @example
 * hubSettings({ HF_HOME: "/data/hf", HF_HUB_OFFLINE: "1" });
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const path = (text: string) => resolve(expanded(text, env));
  const cache = env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const home = path(env.HF_HOME ?? join(cache, "huggingface"));
  return {
    endpoint: (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    cacheFolder: path(env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(home, "hub")),
    token: clean(env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN) ?? tokenFile(path(env.HF_TOKEN_PATH ?? join(home, "token"))),
    sendsTokenOnDownload: !isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN),
    sendsTokenOverHttp: meansSecretsInClear(env),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    answerTimeoutMs: seconds(env.HF_HUB_ETAG_TIMEOUT, 10),
    silenceTimeoutMs: seconds(env.HF_HUB_DOWNLOAD_TIMEOUT, 10),
    // these and the waits as in Python
    retries: 5,
    backOffMs: 1000,
    longestBackOffMs: 8000,
    longestRetryAfterMs: 300_000,
    send: sendByHand,
    announcesSize: true,
    advice: ADVICE,
    lockBeatMs: 5000,
    staleLockMs: 30_000,
    sleep: async (ms, signal) => {
      await delay(ms, undefined, { signal }).catch((error: unknown) => {
        // the caller's own reason, not the timer's
        signal?.throwIfAborted();
        throw error;
      });
    },
    writeAt: async (file, bytes, position) => {
      // a write may stop short of what it was given
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
    },
  };
}

const isTrue = (value: string | undefined): boolean => ["1", "ON", "YES", "TRUE"].includes((value ?? "").toUpperCase());

const seconds = (value: string | undefined, standard: number): number => 1000 * (Number(value) || standard);

/** `~` and `$NAME`, as Python expands them; a name that is not set stays as it is. */
function expanded(text: string, env: Environment): string {
  const home = text.replace(/^~(?=$|[/\\])/, () => homedir());
  return home.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (all, plain, braced) => env[plain ?? braced] ?? all);
}

/** A token pasted with its line break would make a broken header. */
const clean = (token: string | undefined): string | undefined => token?.replace(/[\r\n]/g, "").trim() || undefined;

function tokenFile(path: string): string | undefined {
  try {
    return clean(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
