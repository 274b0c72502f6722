import type { Random } from "./random.ts";

const PARTS = [
  ...[
    "..",
    ".",
    "",
    "...",
    ".. ",
    "..\u200b",
    "‥",
    "．．",
    "．",
    "%2e%2e",
    "..%2f",
    "%5c",
    "..;",
    "~",
    "~root",
    "$HOME",
    "-",
    "--",
  ],
  ...["C:", "c:", "C:\\", "\\\\?\\C:\\", "\\\\server\\share", "//server/share", "/", "\\", "/etc/passwd", "/proc/self/environ"],
  ...[
    "con",
    "NUL",
    "nul.safetensors",
    "a:b",
    "a::$DATA",
    "\u0000",
    "a\u0000",
    "\n",
    "\u202e",
    "∕",
    "⁄",
    "＼",
    "\ud800",
    "é",
    "e\u0301",
  ],
  ...["config.json", ".git", ".hidden", "sub", "a", "link", "__proto__", "constructor", "file:///etc/passwd", "https://a.b/c"],
];
const SEPARATORS = ["/", "/", "/", "\\", "//", "/./", "/../", "\\..\\", "∕", "\u0000", ""];

/**
 * A path as a hostile file might name it: parents, roots, drives, both slashes, zero bytes, look-alikes, endless names.
 *
 * @param known - Names that exist, so that a path can lead to one.
 */
export function oddPath(random: Random, known: readonly string[]): string {
  let path = random.chance(0.4) ? random.pick(PARTS) : random.pick(known);
  for (let parts = random.below(5); parts > 0; parts--) {
    path += random.pick(SEPARATORS) + (random.chance(0.4) ? random.pick(known) : random.pick(PARTS));
  }
  if (random.chance(0.05)) path = `${random.pick(PARTS)}${random.pick(SEPARATORS)}`.repeat(random.size(60)) + path;
  if (random.chance(0.05)) path += "a".repeat(random.size(10_000));
  return path;
}
