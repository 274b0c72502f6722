import { buildVocabulary, createTokenizer } from "../../../src/data/index.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const ATOMS = ["a", "b", "ab", "-", "[ab]", "[^b]", "\\w", "\\s", "\\d", ".", "\\p{L}", "a?", "b*", "\\b", "$", " "];
const SEEDS = ["a+|b", "(?:-\\w+)*$", "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", "(a+)+$", "(?:ab|cd)+x", "(a|b)*?c", "[ab]{1,3}(?=b)"];

/** Nine in ten are expressions. */
function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  for (let tries = random.chance(0.1) ? 1 : 40; ; tries--) {
    const changed = change(random, bytes, other);
    if (tries === 1 || compiles(changed)) return changed;
  }
}

function compiles(bytes: Uint8Array): boolean {
  try {
    return new RegExp(new TextDecoder().decode(bytes), "gu") !== null;
  } catch {
    return false;
  }
}

/** Put something in, wrap or repeat a part, or join two expressions. */
function change(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let text = new TextDecoder().decode(bytes).slice(0, 60);
  for (let times = random.few(6); times > 0; times--) {
    const [from, to] = [random.below(text.length + 1), random.below(text.length + 1)].sort((a, b) => a - b);
    const inner = text.slice(from, to);
    const put = random.pick([
      random.pick(ATOMS) + inner,
      inner,
      `(?:${inner})${random.pick(["+", "*", "?", "{2}", "{1,3}", "{2,}", "+?"])}`,
      `(?:${inner}|${random.pick(ATOMS)})`,
      inner + random.pick(["+", "*", "?", "{0,20}"]),
      `(?=${inner})`,
      `${inner}|${new TextDecoder().decode(other).slice(0, 20)}`,
    ]);
    text = text.slice(0, from) + put + text.slice(to);
  }
  return encode(text);
}

/** Runs of what expressions can take, with an end that they cannot. */
const TEXTS = ["a", "b", "ab", "-a", "1", " ", "a ", "aab-"].flatMap((part) =>
  ["!", "b", "\n"].map((end) => part.repeat(40) + end),
);

const { tokenizerJson } = buildVocabulary(["a fine film"]);

/** An expression that is not refused takes little time: exponential ones would never end on these texts. */
function run(bytes: Uint8Array): void {
  const pattern = { Regex: new TextDecoder().decode(bytes) };
  const normalizer = { type: "Replace", pattern, content: "x" };
  const tokenizer = createTokenizer({ tokenizerJson: { ...tokenizerJson, normalizer } });
  for (const text of TEXTS) check(tokenizer.encode(text).inputIds.length >= 2, "no special tokens");
}

/** Expressions of a tokenizer.json, and whether they end. */
export const patterns: Target = {
  ...{ name: "patterns", mutate, run, memory: { floor: 64 << 20, factor: 20_000 } },
  seeds: () => SEEDS.map(encode),
};
