import { Session } from "node:inspector";

/** What counts as new ground: the readers, and the packages they read with. */
const OURS =
  /\/src\/(data|models|hub|errors)\/|\/node_modules\/(hyparquet|hyparquet-compressors|fflate|csv-parse|fzstd|@huggingface\/tokenizers)\//;

/** Which blocks of code inputs reach, by V8's own counters. */
export class Coverage {
  private readonly session = new Session();
  private readonly seen = new Set<string>();

  constructor() {
    this.session.connect();
    this.post("Profiler.enable");
    this.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks reached so far. */
  get size(): number {
    return this.seen.size;
  }

  /** How many blocks were reached since the last call that no input had reached before. */
  take(): number {
    const before = this.seen.size;
    const { result } = this.post("Profiler.takePreciseCoverage") as {
      result: { url: string; functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[] }[];
    };
    for (const { url, functions } of result) {
      if (!OURS.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          // a loop that runs often is other ground than one that runs once
          if (count > 0) this.seen.add(`${url} ${startOffset} ${endOffset} ${count > 30 ? 2 : count > 1 ? 1 : 0}`);
        }
      }
    }
    return this.seen.size - before;
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
