import { createHash } from "node:crypto";
import { type CheckpointStorage, Checkpoints } from "../../../src/training/index.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import { mutateJson } from "../mutate-json.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const FRONT = 12;
const DIGEST = 32;
const LAYOUT = [
  ["w", 6],
  ["b", 2],
] as const;

/** One file; what it holds is read piece by piece, as from a disk. */
function storageOf(files: Map<string, Uint8Array>): CheckpointStorage {
  return {
    list: async () => [...files.keys()],
    async write(name, chunks) {
      const pieces: Uint8Array[] = [];
      for await (const chunk of chunks) pieces.push(chunk.slice());
      files.set(name, new Uint8Array(Buffer.concat(pieces)));
    },
    async open(name) {
      const bytes = files.get(name)!;
      const read = async (at: number, length: number): Promise<Uint8Array> => {
        if (at + length > bytes.length) throw new Error("read beyond the end of the file");
        return bytes.slice(at, at + length);
      };
      return { size: bytes.length, read, close: async () => {} };
    },
    remove: async (name) => void files.delete(name),
    label: (name) => name,
    createDigest: () => createHash("sha256"),
  };
}

function checkpointsOver(files: Map<string, Uint8Array>) {
  const values = new Map(
    LAYOUT.map(([name, length]) => [name as string, Float32Array.from({ length }, () => 0.5) as Float32Array]),
  );
  const state = {
    layout: LAYOUT,
    read: async (name: string) => values.get(name)!,
    write: async (name: string, array: Float32Array) => void values.set(name, array),
  };
  const surroundings = { runtime: "made-up", threads: 1, cpuFeatures: "none" };
  const checkpoints = new Checkpoints({ storage: storageOf(files), state, run: { seed: 1 }, surroundings, limit: 1 });
  return { checkpoints, values };
}

async function saved(best: boolean): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const evaluations = [
    { step: 2, epoch: 0.5, metrics: { loss: Number.NaN, accuracy: 0.5 }, score: 0.5, trainLoss: 1 },
  ] as never[];
  const progress = { step: 3, seconds: 1, bestScore: 0.5, evaluationsSinceBest: 0, lossSum: 1, lossCount: 1, evaluations };
  await checkpointsOver(files).checkpoints.save(progress, best ? new Map([["w", new Float32Array(6)]]) : undefined);
  return [...files.values()][0];
}
const SEEDS = [await saved(false), await saved(true)];

/** Mostly the header, with its length and the digest set right again, as one who forges a file would. */
function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.1) || bytes.length < FRONT + DIGEST) return mutateBytes(random, bytes, other);
  const headerLength = (file: Uint8Array): number =>
    Math.min(new DataView(file.buffer, file.byteOffset).getUint32(8, true), file.length - FRONT - DIGEST);
  const headerOf = (file: Uint8Array): Uint8Array => file.slice(FRONT, FRONT + headerLength(file));
  const own = headerOf(bytes);
  const header = mutateJson(random, own, other.length < FRONT + DIGEST ? own : headerOf(other));
  const front = bytes.slice(0, FRONT);
  new DataView(front.buffer).setUint32(8, random.chance(0.95) ? header.length : random.below(2 ** 31), true);
  const before = Buffer.concat([front, header, bytes.subarray(FRONT + own.length, bytes.length - DIGEST)]);
  return new Uint8Array(Buffer.concat([before, createHash("sha256").update(before).digest()]));
}

/** A run goes on from a checkpoint whose arrays are its own, or not at all. */
async function run(bytes: Uint8Array): Promise<void> {
  const { checkpoints, values } = checkpointsOver(new Map([["checkpoint-3.crisp", bytes]]));
  const resumed = await checkpoints.resume();
  check(resumed && Array.isArray(resumed.progress.evaluations), "no progress");
  check(
    LAYOUT.every(([name, length]) => values.get(name)!.length === length),
    "arrays of other lengths",
  );
  check(
    resumed.notes.every((note) => typeof note === "string"),
    "notes that are no texts",
  );
}

/** Checkpoints, whose digest anyone can compute. */
export const checkpoint: Target = {
  ...{ name: "checkpoint", mutate, run, memory: { floor: 8 << 20, factor: 400 } },
  seeds: () => SEEDS.map((bytes) => bytes.slice()),
};
