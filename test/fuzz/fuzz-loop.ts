import { readCorpus } from "./corpus.ts";
import { startCounting } from "./count-allocations.ts";
import type { Coverage } from "./coverage.ts";
import { Random, seedOf } from "./random.ts";
import { judge, MOST_CPU_MS, type Target } from "./target.ts";

export interface LoopOptions {
  readonly seed: number;
  /** Inputs to try, seeds and committed inputs included. */
  readonly inputs: number;
  /** Stop after so much time, whatever is left. */
  readonly seconds?: number;
  /** Inputs that reach new code join the corpus; without, the corpus stays as it is. */
  readonly coverage?: Coverage;
  /** To start from beside seeds and committed inputs. */
  readonly known?: readonly Uint8Array[];
  /** Called before each input, for who watches from outside. */
  readonly onInput?: (bytes: Uint8Array) => void;
}

export interface Finding {
  readonly what: string;
  readonly bytes: Uint8Array;
}

export interface LoopResult {
  readonly inputs: number;
  /** CPU time, which other people's work does not change. */
  readonly cpuSeconds: number;
  /** How often each outcome came: `returned`, or the code of an error. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly worstCpuMs: number;
  /** Bytes taken by the input that took most. */
  readonly worstBytes: number;
  /** The largest share of what an input may take. */
  readonly worstShare: number;
  /** Blocks of code reached, and inputs kept for reaching new ones. */
  readonly blocks: number;
  readonly kept: readonly Uint8Array[];
  readonly findings: readonly Finding[];
}

/** One finding of a kind is enough. */
const MOST_FINDINGS = 25;
const LARGEST_IN_CORPUS = 8192;

/** CPU time of this thread in ms: other people's work does not count. */
const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Try inputs on a target, each made from one of the corpus. */
export async function fuzz(
  target: Target,
  { seed, inputs, seconds = Infinity, coverage, known = [], onInput }: LoopOptions,
): Promise<LoopResult> {
  const random = new Random(seedOf(seed, target.name));
  const starts = [...target.seeds(), ...readCorpus(target.name).map(({ bytes }) => bytes), ...known];
  const corpus = [...starts];
  const kept: Uint8Array[] = [];
  const outcomes: Record<string, number> = {};
  const findings = new Map<string, Finding>();
  let [worstCpuMs, worstBytes, worstShare, done] = [0, 0, 0, 0];
  const [begun, cpuBegun] = [performance.now(), cpu()];

  await judge(target, starts[0]); // what the first input loads and sets up is not its own
  for (; done < inputs && performance.now() - begun < seconds * 1000 && findings.size < MOST_FINDINGS; done++) {
    const bytes = done < starts.length ? starts[done] : target.mutate(random, random.pick(corpus), random.pick(corpus));
    onInput?.(bytes);
    const report = (what: string): void => {
      // the same line of the same reader counts once
      const kind = what
        .split("\n")
        .slice(0, 4)
        .join("\n")
        .replace(/"[^"]*"|\d+/g, "")
        .slice(0, 200);
      if (!findings.has(kind)) findings.set(kind, { what, bytes });
    };
    const taken = startCounting();
    const before = cpu();
    const { outcome, finding } = await judge(target, bytes);
    const ms = cpu() - before;
    let memory = taken();
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (finding) report(finding);
    if (ms > MOST_CPU_MS) report(`too slow: ${ms.toFixed(0)} ms`);
    const allowed = target.memory.floor + target.memory.factor * bytes.length;
    // garbage that nobody has collected yet counts too; what an input takes, it takes each time
    for (let again = 0; again < 2 && memory > allowed; again++) {
      const takenAgain = startCounting();
      await judge(target, bytes);
      memory = Math.min(memory, takenAgain());
    }
    if (memory > allowed) report(`too much memory: ${memory} bytes for an input of ${bytes.length}, of ${allowed}`);
    worstCpuMs = Math.max(worstCpuMs, ms);
    worstBytes = Math.max(worstBytes, memory);
    worstShare = Math.max(worstShare, memory / allowed);
    const reached = (await coverage?.note(bytes, (input) => judge(target, input))) ?? [];
    // large inputs make large ones, and fewer of them
    const small = reached.filter((input) => input.length <= LARGEST_IN_CORPUS && !starts.includes(input));
    corpus.push(...small);
    kept.push(...small);
  }
  const blocks = coverage?.size ?? 0;
  return {
    inputs: done,
    cpuSeconds: (cpu() - cpuBegun) / 1000,
    outcomes,
    worstCpuMs,
    worstBytes,
    worstShare,
    blocks,
    kept,
    findings: [...findings.values()],
  };
}
