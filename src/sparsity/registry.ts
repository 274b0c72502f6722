import { anyOf, inOrder } from "./compose.ts";
import { dense } from "./dense.ts";
import type { Pattern } from "./pattern.ts";
import type { PatternParameters } from "./pattern-id.ts";
import { random } from "./random.ts";
import type { RankOptions } from "./ranked-keys.ts";
import { slidingWindow, type WindowOptions } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

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
