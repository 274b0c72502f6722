import { type BlockOptions, block } from "./block.ts";
import { bottomK } from "./bottom-k.ts";
import { anyOf, inOrder } from "./compose.ts";
import { dense } from "./dense.ts";
import { type GlobalOptions, global } from "./global.ts";
import { type HeadsOptions, heads } from "./heads.ts";
import { type NOfMOptions, nOfM } from "./n-of-m.ts";
import type { RankOptions } from "./parts/ranked-keys.ts";
import type { Pattern } from "./pattern.ts";
import type { PatternParameters } from "./pattern-id.ts";
import { random } from "./random.ts";
import { slidingWindow, type WindowOptions } from "./sliding-window.ts";
import { type StridedOptions, strided } from "./strided.ts";
import { threshold } from "./threshold.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

/** Everything that shared code knows of one kind of pattern. */
export interface PatternEntry {
  /** One line, no full stop. */
  readonly summary: string;
  /** Names that `create` understands, as they stand in ids. */
  readonly parameters: readonly string[];
  /** Build it from the parameters of an id; throws `pattern/bad-parameter`. */
  create(parameters: PatternParameters): Pattern;
  /** One ordinary instance: the contract tests run over all of them. */
  sample(): Pattern;
  /** Build it from a nominal sparsity alone; absent where a sparsity makes no sense. */
  ofSparsity?(sparsity: number): Pattern;
}

// Values are checked by the factories, which name the parameter that is wrong.
const rankOptions = ({ sparsity, paddedTo, keepSpecial }: PatternParameters): RankOptions =>
  ({ sparsity, keepSpecial, rankOver: paddedTo === undefined ? undefined : { paddedTo } }) as RankOptions;

/** The patterns by name. To add one, see docs/add-a-pattern.md. */
export const patterns: Readonly<Record<string, PatternEntry>> = {
  dense: {
    summary: "every allowed pair",
    parameters: [],
    create: dense,
    sample: dense,
  },
  topK: {
    summary: "each query's keys with the largest scores",
    parameters: ["sparsity", "paddedTo", "keepSpecial"],
    create: (parameters) => topK(rankOptions(parameters)),
    sample: () => topK({ sparsity: 0.8 }),
    ofSparsity: (sparsity) => topK({ sparsity }),
  },
  slidingWindow: {
    summary: "keys at most a radius away, to either side",
    parameters: ["sparsity", "radius"],
    create: (parameters) => slidingWindow(parameters as unknown as WindowOptions),
    sample: () => slidingWindow({ sparsity: 0.8 }),
    ofSparsity: (sparsity) => slidingWindow({ sparsity }),
  },
  global: {
    summary: "the first tokens attend to and are attended by all",
    parameters: ["sparsity", "tokens"],
    create: (parameters) => global(parameters as unknown as GlobalOptions),
    sample: () => global({ tokens: 1 }),
    ofSparsity: (sparsity) => global({ sparsity }),
  },
  strided: {
    summary: "keys at a distance that the stride divides",
    parameters: ["sparsity", "stride"],
    create: (parameters) => strided(parameters as unknown as StridedOptions),
    sample: () => strided({ stride: 4 }),
    ofSparsity: (sparsity) => strided({ sparsity }),
  },
  heads: {
    summary: "whole heads, removed by design",
    parameters: ["sparsity", "heads"],
    create: ({ sparsity, heads: chosen }) =>
      heads({ sparsity, heads: typeof chosen === "number" ? [chosen] : chosen } as HeadsOptions),
    sample: () => heads({ heads: [1] }),
    ofSparsity: (sparsity) => heads({ sparsity }),
  },
  threshold: {
    summary: "keys of at least a probability",
    parameters: ["probability"],
    create: (parameters) => threshold(parameters as { probability: number }),
    sample: () => threshold({ probability: 0.1 }),
  },
  block: {
    summary: "each block of queries keeps the key blocks with the largest mean scores",
    parameters: ["sparsity", "size", "keepOwn"],
    create: (parameters) => block(parameters as unknown as BlockOptions),
    sample: () => block({ sparsity: 0.5, size: 4 }),
    ofSparsity: (sparsity) => block({ sparsity }),
  },
  nOfM: {
    summary: "the n largest scores of every m consecutive keys",
    parameters: ["sparsity", "n", "m"],
    create: (parameters) => nOfM(parameters as unknown as NOfMOptions),
    sample: () => nOfM({ n: 2 }),
    ofSparsity: (sparsity) => nOfM({ sparsity }),
  },
  topP: {
    summary: "each query's most probable keys up to a mass",
    parameters: ["mass"],
    create: (parameters) => topP(parameters as { mass?: number }),
    sample: () => topP({ mass: 0.9 }),
  },
  bottomK: {
    summary: "each query's keys with the smallest scores, as many as topK keeps: a control",
    parameters: ["sparsity", "paddedTo", "keepSpecial"],
    create: (parameters) => bottomK(rankOptions(parameters)),
    sample: () => bottomK({ sparsity: 0.8 }),
    ofSparsity: (sparsity) => bottomK({ sparsity }),
  },
  random: {
    summary: "as many random keys as topK keeps: the control",
    parameters: ["sparsity", "paddedTo", "keepSpecial"],
    create: (parameters) => random(rankOptions(parameters)),
    sample: () => random({ sparsity: 0.8 }),
    ofSparsity: (sparsity) => random({ sparsity }),
  },
};

/** Ways to make one pattern of several, by name. */
export const combinators: Readonly<Record<string, (...parts: readonly Pattern[]) => Pattern>> = { inOrder, anyOf };
