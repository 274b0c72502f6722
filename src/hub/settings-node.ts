import { readFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { meansSecretsInClear } from "../network/index.ts";

/** Everything about the hub that may differ between machines, or between a run and a test. */
export interface HubSettings {
  /** No slash at the end. `HF_ENDPOINT`. */
  readonly endpoint: string;
  /** `HF_HUB_CACHE`, else `$HF_HOME/hub`. */
  readonly cacheFolder: string;
  /** `HF_TOKEN`, else the token file. */
  readonly token?: string;
  /** False where `HF_HUB_DISABLE_IMPLICIT_TOKEN` asks for downloads without the token. */
  readonly sendsTokenOnDownload: boolean;
  /** `CRISP_TOKEN_OVER_HTTP`: send the token over plain http to another machine, where everybody on the way can read it. */
  readonly sendsTokenOverHttp: boolean;
  /** `HF_HUB_OFFLINE`: no request at all. */
  readonly offline: boolean;
  /** Longest wait for the headers of an answer. `HF_HUB_ETAG_TIMEOUT`, in seconds there; 10 s. */
  readonly answerTimeoutMs: number;
  /** Longest silence in the middle of a file. `HF_HUB_DOWNLOAD_TIMEOUT`, in seconds there; 10 s. */
  readonly silenceTimeoutMs: number;
  /** Tries after the first one that bring no new byte. 5, as in Python. */
  readonly retries: number;
  /** First wait; each next one is twice as long. 1 s, as in Python. */
  readonly backOffMs: number;
  /** 8 s, as in Python. */
  readonly longestBackOffMs: number;
  /** A server that asks for a longer wait than this is an error. 5 min. */
  readonly longestRetryAfterMs: number;
  /** How often the owner of a lock says that it lives. 5 s. */
  readonly lockBeatMs: number;
  /** A lock without a sign of life for so long is taken over. 30 s: a busy machine may skip a few beats. */
  readonly staleLockMs: number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Write all of `bytes` at `position`. Replaced in tests, to fill disks. */
  readonly writeAt: (file: FileHandle, bytes: Uint8Array, position: number) => Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

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
    retries: 5,
    backOffMs: 1000,
    longestBackOffMs: 8000,
    longestRetryAfterMs: 300_000,
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
