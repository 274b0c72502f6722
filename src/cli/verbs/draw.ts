import { countPairs, effectiveSparsity, type HeadView, type Pattern, parsePattern, patterns } from "../../attention/index.ts";
import { CrispError, counted, expectedGot } from "../../errors/index.ts";
import { normalFill } from "../../random/index.ts";
import { columns, cut } from "../output.ts";
import { defineVerb } from "../verb.ts";

/** Rows of a mask that still fit a screen. */
const MOST_TOKENS = 96;
const LONGEST_LABEL = 14;

export const draw = defineVerb({
  name: "draw",
  summary: "show which pairs of tokens an attention pattern keeps",
  usage: "<pattern> [options]",
  positionals: [{ name: "pattern", help: "e.g. 'topK(sparsity=0.8)'; a bare name stands for its sample.", required: true }],
  options: {
    length: { type: "integer", unit: "tokens", min: 1, max: MOST_TOKENS, default: 24, help: "Tokens of the made-up text." },
    text: { type: "string", help: "Take these words, split at spaces, between [CLS] and [SEP]." },
    seed: { type: "integer", min: 0, default: 1, help: "Of the made-up scores and of random patterns." },
  },
  examples: [
    "crisp draw topK",
    "crisp draw 'slidingWindow(sparsity=0.6)' --text 'the film is long but never dull'",
    "crisp draw 'inOrder(slidingWindow(radius=4), topK(sparsity=0.5))' --length 32",
  ],
  async run({ options, given, positionals, output }) {
    const pattern = patternOf(positionals[0]!);
    if (options.text !== undefined && given.has("length")) {
      throw new CrispError("cli/bad-option", "crisp draw: expected --length or --text, got both. The text has its own length.");
    }
    const tokens = options.text === undefined ? undefined : tokensOf(options.text);
    const n = tokens?.length ?? options.length;
    const view = madeUpHead(n, options.seed);
    const mask = pattern.keep(view);
    const rows = Array.from({ length: n }, (_, query) => mask.subarray(query * n, (query + 1) * n));
    const keysPerQuery = rows.map((row) => row.reduce((sum, bit) => sum + bit, 0));
    const counts = countPairs(view.allowed, mask);
    const removed = effectiveSparsity([counts]);

    output.record({
      pattern: pattern.id,
      length: n,
      seed: options.seed,
      madeUpScores: pattern.needsScores,
      nominalSparsity: pattern.nominalSparsity,
      effectiveSparsity: removed,
      validPairs: counts.valid,
      keptPairs: counts.kept,
      keysPerQuery,
      mask: rows.map((row) => row.join("")),
    });
    output.print(`${output.style("bold", pattern.id)} · ${counted(n, "token")}`);
    output.print();
    const labels = (tokens ?? rows.map((_, query) => String(query))).map((label) => cut(label, LONGEST_LABEL));
    // Two characters a cell make squares, where the terminal has room for them.
    const cell = output.width >= 2 * n + LONGEST_LABEL + 8 ? 2 : 1;
    const drawn = rows.map((row) => [...row].map((bit) => (bit ? "█" : "·").repeat(cell)).join(""));
    output.print(columns([...rows.entries()].map(([query]) => [labels[query]!, drawn[query]!, String(keysPerQuery[query])])));
    output.print();
    output.print(columns(summary(pattern, keysPerQuery, counts.kept, counts.valid, removed)));
    output.print(`  ${output.style("dim", source(pattern, options.seed))}`);
    return 0;
  },
});

function patternOf(text: string): Pattern {
  return Object.hasOwn(patterns, text) ? patterns[text].sample() : parsePattern(text);
}

function tokensOf(text: string): string[] {
  const tokens = ["[CLS]", ...text.split(/\s+/).filter(Boolean), "[SEP]"];
  if (tokens.length <= MOST_TOKENS) return tokens;
  throw expectedGot("cli/bad-option", "crisp draw --text", `at most ${MOST_TOKENS - 2} words`, tokens.length - 2);
}

/** The first of twelve heads, without padding, its scores standard normal. */
function madeUpHead(n: number, seed: number): HeadView {
  const scores = new Float32Array(n * n);
  normalFill(scores, { seed, step: 0, site: "draw.scores" });
  const key = { seed, step: 0, layer: 0, head: 0, example: 0 };
  return { n, scores, allowed: new Uint8Array(n * n).fill(1), key, heads: 12 };
}

function summary(pattern: Pattern, keys: readonly number[], kept: number, valid: number, removed: number): string[][] {
  const [least, most] = [Math.min(...keys), Math.max(...keys)];
  const nominal = pattern.nominalSparsity === null ? "" : ` (nominal ${percent(pattern.nominalSparsity)})`;
  return [
    ["kept", `${kept} of ${counted(valid, "pair")}, ${percent(kept / valid)}`],
    ["removed", `${percent(removed)}${nominal}`],
    ["keys a query", least === most ? `${least}` : `${least} to ${most}`],
  ];
}

const source = (pattern: Pattern, seed: number): string =>
  pattern.needsScores
    ? `The scores are made up: normal random numbers of seed ${seed}. Rows are queries, columns are keys.`
    : `Rows are queries, columns are keys. This pattern reads no scores.`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
