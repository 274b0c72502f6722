/** The little of the origin private file system that checkpoints use, over maps. */
export class FakeFolder {
  readonly files = new Map<string, Uint8Array>();
  readonly folders = new Map<string, FakeFolder>();
  /** Bytes that a file may have before the quota is used up. */
  room = Infinity;
  /** Names in the order in which they were flushed or removed. */
  readonly log: string[] = [];

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeFolder> {
    if (create && !this.folders.has(name)) this.folders.set(name, new FakeFolder());
    return this.folders.get(name) ?? notFound(name);
  }

  async getFileHandle(name: string, { create = false } = {}) {
    if (create && !this.files.has(name)) this.files.set(name, new Uint8Array());
    if (!this.files.has(name)) return notFound(name);
    return {
      getFile: async () => new File([this.files.get(name)! as BlobPart], name),
      createSyncAccessHandle: async () => ({
        truncate: (size: number) => void this.files.set(name, this.files.get(name)!.slice(0, size)),
        write: (bytes: Uint8Array, { at }: { at: number }) => {
          // a browser may take less than it is given
          const taken = bytes.subarray(0, Math.min(100, Math.max(0, this.room - at)));
          const whole = new Uint8Array(Math.max(this.files.get(name)!.length, at + taken.length));
          whole.set(this.files.get(name)!);
          whole.set(taken, at);
          this.files.set(name, whole);
          return taken.length;
        },
        flush: () => void this.log.push(`flush ${name}`),
        close: () => {},
      }),
    };
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.files.delete(name) && !this.folders.delete(name)) notFound(name);
    this.log.push(`remove ${name}`);
  }

  async *keys(): AsyncGenerator<string> {
    yield* [...this.files.keys()];
  }
}

function notFound(name: string): never {
  throw new DOMException(`no entry ${name}`, "NotFoundError");
}

/** Let `navigator.storage` be a fake one; returns its root. */
export function installFakeOpfs(): FakeFolder {
  const root = new FakeFolder();
  Object.defineProperty(navigator, "storage", { value: { getDirectory: async () => root }, configurable: true });
  return root;
}
