import { LARGEST_INPUT, mutateBytes } from "./mutate-bytes.ts";
import type { Random } from "./random.ts";

/** JSON as it is written: with keys that repeat, and text that stands for a value without being one. */
type Tree = { readonly kind: "object"; entries: [string, Tree][] } | { readonly kind: "list"; items: Tree[] } | Raw;
interface Raw {
  readonly kind: "raw";
  text: string;
}

const raw = (text: string): Raw => ({ kind: "raw", text });

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: "list", items: value.map(treeOf) };
  if (typeof value !== "object" || value === null) return raw(JSON.stringify(value));
  return { kind: "object", entries: Object.entries(value).map(([key, inner]) => [key, treeOf(inner)]) };
}

function textOf(tree: Tree): string {
  if (tree.kind === "raw") return tree.text;
  if (tree.kind === "list") return `[${tree.items.map(textOf).join(",")}]`;
  return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(",")}}`;
}

const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "length",
  "hasOwnProperty",
  "toJSON",
  "0",
  "-1",
  "",
  "then",
];
const STRINGS = [
  ...KEYS,
  "\ud800",
  "\udfff\ud800",
  "\u0000",
  "\n",
  "\u2028",
  "\u202e",
  "../../etc/passwd",
  "C:\\x",
  "a\u0301\u0301\u0301",
  "👩‍👩‍👧",
  "ﬁ",
  "İ",
  "ẞ",
  "▁",
  "Ġ",
  "(",
  "[",
  "\\",
  "$&",
  "%s",
  " ",
];
const NUMBERS = [
  ...["0", "-0", "1", "-1", "2", "0.5", "1.0000000001", "1e-320", "1e308", "1e999", "-1e999", "2147483647", "2147483648"],
  ...["4294967295", "4294967296", "9007199254740991", "9007199254740992", "18446744073709551615", "1000000", "100000000"],
];
/** The last two are no JSON. */
const WORDS = ["null", "true", "false", "{}", "[]", "[[]]", "[{}]", '{"a":1}', "NaN", "Infinity"];

function text(random: Random): string {
  if (random.chance(0.7)) return random.pick(STRINGS);
  if (random.chance(0.3)) return random.pick(STRINGS).repeat(random.size(8000)).slice(0, 20_000);
  return String.fromCodePoint(
    ...Array.from({ length: random.size(12) }, () => random.below(random.pick([0x80, 0x800, 0x11000]))),
  );
}

function scalar(random: Random): Raw {
  const kind = random.below(4);
  if (kind === 0) return raw(JSON.stringify(text(random)));
  if (kind === 1) return raw(random.pick(NUMBERS));
  if (kind === 2) return raw(String(random.below(300) - 40));
  return raw(random.pick(WORDS));
}

/** A value in a thousand lists or objects, which a reader that calls itself does not survive. */
function nested(random: Random, inner: Tree): Raw {
  const depth = random.pick([3, 40, 600, 3000, 9000]);
  const [open, close] = random.chance(0.5) ? ["[", "]"] : ['{"a":', "}"];
  return raw(open.repeat(depth) + textOf(inner) + close.repeat(depth));
}

/** Every place a value stands at, as a way to replace it. */
function places(tree: Tree, replace: (by: Tree) => void, found: { at: Tree; replace: (by: Tree) => void }[] = []) {
  found.push({ at: tree, replace });
  if (found.length > 2000) return found;
  if (tree.kind === "list") {
    tree.items.forEach((item, i) => {
      places(item, (by) => void (tree.items[i] = by), found);
    });
  } else if (tree.kind === "object") {
    for (const entry of tree.entries) places(entry[1], (by) => void (entry[1] = by), found);
  }
  return found;
}

function change(random: Random, root: Tree, other: Tree): Tree {
  const holder: { items: Tree[] } = { items: [root] };
  const all = places(root, (by) => void (holder.items[0] = by));
  // values that hold others are few, and what is said about them matters more
  const holders = all.filter(({ at }) => at.kind !== "raw");
  const { at, replace } = holders.length > 0 && random.chance(0.4) ? random.pick(holders) : random.pick(all);
  const donor = (): Tree => structuredClone(random.pick(places(random.chance(0.5) ? root : other, () => undefined)).at);
  const what = random.below(10);
  if (at.kind === "object" && at.entries.length > 0 && what < 6) {
    const i = random.below(at.entries.length);
    const entry = at.entries[i];
    if (what === 0) at.entries.splice(i, 1);
    else if (what === 1)
      at.entries.splice(random.below(at.entries.length + 1), 0, [entry[0], random.chance(0.5) ? donor() : scalar(random)]);
    else if (what === 2) entry[0] = text(random);
    else if (what === 3)
      at.entries.push([random.chance(0.5) ? random.pick(KEYS) : text(random), random.chance(0.5) ? donor() : scalar(random)]);
    else if (what === 4) entry[1] = scalar(random);
    else {
      const j = random.below(at.entries.length);
      [entry[1], at.entries[j][1]] = [at.entries[j][1], entry[1]];
    }
  } else if (at.kind === "list" && what < 5) {
    const i = random.below(at.items.length + 1);
    if (what === 0) at.items.splice(i, 1);
    else if (what === 1) at.items.splice(i, 0, random.chance(0.5) ? donor() : scalar(random));
    else if (what === 2) at.items.push(...at.items.slice(0, 500));
    else if (what === 3) at.items.splice(random.below(at.items.length + 1), random.size(50));
    else at.items.reverse();
  } else if (at.kind === "raw" && at.text.startsWith('"') && what < 4) {
    let value = "";
    try {
      value = JSON.parse(at.text);
    } catch {
      // what stands there is no string any more
    }
    const cut = random.below(value.length + 1);
    at.text = JSON.stringify(value.slice(0, cut) + text(random) + value.slice(random.chance(0.5) ? cut : cut + 1));
  } else if (what === 4 && random.chance(0.3)) replace(nested(random, at));
  else if (what < 8) replace(scalar(random));
  else replace(donor());
  return holder.items[0];
}

const decode = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

/** Change values, keys and structure of a JSON text; or, one time in five, its bytes. */
export function mutateJson(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const value = decode(bytes);
  if (value === undefined || random.chance(0.2)) return mutateBytes(random, bytes, other);
  let tree: Tree;
  try {
    tree = treeOf(value);
    const second = treeOf(decode(other) ?? null);
    for (let times = random.few(4); times > 0; times--) tree = change(random, tree, second);
    return new TextEncoder().encode(textOf(tree)).subarray(0, LARGEST_INPUT);
  } catch (error) {
    // a corpus entry may nest deeper than this file can walk
    if (error instanceof RangeError) return mutateBytes(random, bytes, other);
    throw error;
  }
}
