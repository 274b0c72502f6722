import { sha256 } from "@noble/hashes/sha2.js";
import type { CheckpointStorage } from "./checkpoint-storage.ts";

/** Checkpoints in a map: the least that a storage must do. */
export function memoryStorage(files: Map<string, Uint8Array> = new Map()): CheckpointStorage {
  return {
    list: async () => [...files.keys()],
    async write(name, chunks) {
      const bytes: number[] = [];
      for await (const chunk of chunks) bytes.push(...chunk);
      files.set(name, Uint8Array.from(bytes));
    },
    async open(name) {
      const bytes = files.get(name)!;
      return {
        size: bytes.length,
        read: async (position, length) => bytes.slice(position, position + length),
        close: async () => {},
      };
    },
    remove: async (name) => void files.delete(name),
    label: (name) => `memory/${name}`,
    createDigest: () => sha256.create(),
  };
}
