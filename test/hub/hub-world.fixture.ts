import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { downloadModel, type HubOptions, type HubSettings, hubSettings } from "../../src/hub/index-node.ts";
import { type HubServer, type HubServerOptions, startHubServer } from "./hub-server.fixture.ts";
import { assertCacheIsRight } from "./right-cache.fixture.ts";

export const MODEL = "ada/tiny";
/** Bytes of the weights: some pieces of a stream, and quick. */
export const WEIGHT_BYTES = 300_000;

/** Bytes that no compression and no accident makes equal. */
export function noise(bytes: number, seed = "noise"): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += 32) pieces.push(createHash("sha256").update(`${seed} ${at}`).digest());
  return Buffer.concat(pieces).subarray(0, bytes);
}

export const modelFiles = (): Record<string, string | Uint8Array> => ({
  "config.json": '{"model_type":"bert"}\n',
  "model.safetensors": noise(WEIGHT_BYTES),
  "tokenizer.json": noise(20_000, "tokenizer"),
  "vocab.txt": "[PAD]\n[UNK]\n",
  "README.md": "# Tiny\n",
  "onnx/model.onnx": noise(5000, "onnx"),
});

export interface HubWorld {
  readonly server: HubServer;
  readonly home: string;
  readonly cache: string;
  readonly settings: HubSettings;
  /** Milliseconds of every wait, none of which was waited. */
  readonly waits: number[];
  readonly notes: string[];
  /** Download MODEL and check the cache, whatever came of it. */
  model(options?: HubOptions, settings?: Partial<HubSettings>): Promise<string>;
}

/** A hub with a small model, an empty cache, and settings that wait for nothing; all of it gone after the test. */
export async function hubWorld(
  context: TestContext,
  options: HubServerOptions = {},
  env: Record<string, string> = {},
): Promise<HubWorld> {
  const server = await startHubServer({ repos: [{ type: "model", id: MODEL, files: modelFiles() }], ...options });
  const home = mkdtempSync(join(tmpdir(), "crisp-hub-"));
  context.after(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });
  const waits: number[] = [];
  const notes: string[] = [];
  const settings: HubSettings = {
    ...hubSettings({ HF_HOME: home, HF_ENDPOINT: server.url, ...env }),
    sleep: async (ms) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
  const model = async (more: HubOptions = {}, changed: Partial<HubSettings> = {}) => {
    try {
      return await downloadModel(MODEL, { settings: { ...settings, ...changed }, onNote: (text) => notes.push(text), ...more });
    } finally {
      assertCacheIsRight(settings.cacheFolder);
    }
  };
  return { server, home, cache: settings.cacheFolder, settings, waits, notes, model };
}
