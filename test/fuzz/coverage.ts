import { Session } from "node:inspector";

/** What counts as new ground: the readers, and the packages they read with. */
const OURS =
  /\/src\/(data|models|hub|errors|training\/checkpoints|api)\/|\/node_modules\/(hyparquet|hyparquet-compressors|fflate|csv-parse|fzstd|@huggingface\/tokenizers)\//;

/** Asking V8 takes longer than most readers do. */
const GROUP = 16;

/** Which blocks of code inputs reach, by V8's own counters. */
export class Coverage {
  private readonly session = new Session();
  private readonly byGroups = new Set<string>();
  private readonly byInputs = new Set<string>();
  private group: Uint8Array[] = [];

  constructor() {
    this.session.connect();
    this.post("Profiler.enable");
    this.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks reached so far. */
  get size(): number {
    return this.byInputs.size;
  }

  /**
   * Note that an input was read. A group of them is asked about at once, and one by one, each read again, only where together they reached
   * something new.
   *
   * @param again - Reads an input once more.
   * @returns Inputs that reached blocks that no input had reached before.
   */
  async note(bytes: Uint8Array, again: (bytes: Uint8Array) => Promise<unknown>): Promise<readonly Uint8Array[]> {
    this.group.push(bytes);
    if (this.group.length < GROUP) return [];
    const inputs = this.group;
    this.group = [];
    if (!this.take(this.byGroups)) return [];
    const found: Uint8Array[] = [];
    for (const input of inputs) {
      await again(input);
      if (this.take(this.byInputs)) found.push(input);
    }
    return found;
  }

  /** Whether blocks were reached since the last call that are not in a set, which then holds them. */
  private take(seen: Set<string>): boolean {
    const before = seen.size;
    const { result } = this.post("Profiler.takePreciseCoverage") as {
      result: { url: string; functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[] }[];
    };
    for (const { url, functions } of result) {
      if (!OURS.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          // a loop that runs often is other ground than one that runs once
          if (count > 0) seen.add(`${url} ${startOffset} ${endOffset} ${count > 30 ? 2 : count > 1 ? 1 : 0}`);
        }
      }
    }
    return seen.size > before;
  }

  /** The session runs in this thread, so answers are there when the call returns. */
  private post(method: string, parameters?: object): unknown {
    let answer: unknown;
    (
      this.session.post as (
        method: string,
        parameters: object | undefined,
        done: (error: Error | null, result: unknown) => void,
      ) => void
    ).call(this.session, method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}
