import type { ModelFiles } from "crisp-attention";
import type { Point } from "./curve.ts";
import type { Settings } from "./settings.ts";

/** What this page keeps in the browser (IndexedDB), so that a reload continues where it was. */
export interface Session {
  readonly settings: Settings;
  readonly data: File;
  /** A model folder's files, where one was chosen. */
  readonly folder: ModelFiles;
  readonly run: RunState;
  /** The files of the trained model. */
  readonly trained: ModelFiles;
}

export interface RunState {
  /** The folder of its checkpoints. */
  readonly checkpoints: string;
  readonly state: "training" | "stopped";
  /** Curves as they were at the last checkpoint. */
  readonly loss: readonly Point[];
  readonly accuracy: readonly Point[];
}

const STORE = "session";

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("crisp-browser-example", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answerOf(request);
}

function answerOf<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function use<Value>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<Value>): Promise<Value> {
  const database = await open();
  try {
    return await answerOf(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

export async function keep<Key extends keyof Session>(key: Key, value: Session[Key]): Promise<void> {
  await use("readwrite", (store) => store.put(value, key));
}

export async function kept<Key extends keyof Session>(key: Key): Promise<Session[Key] | undefined> {
  return use("readonly", (store) => store.get(key));
}

export async function forget(key: keyof Session): Promise<void> {
  await use("readwrite", (store) => store.delete(key));
}
