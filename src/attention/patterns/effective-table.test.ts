import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { normalFill } from "../../random/index.ts";
import { countPairs, effectiveSparsity } from "../accounting.ts";
import { parsePattern } from "./parse-pattern.ts";
import { patterns } from "./registry.ts";

const HEADS = 12;

/** Per cent removed of a text of n tokens without padding, on the made-up scores of `crisp draw`. */
function removed(id: string, n: number): string {
  const pattern = parsePattern(id);
  const scores = new Float32Array(n * n);
  normalFill(scores, { seed: 1, step: 0, site: "draw.scores" });
  const allowed = new Uint8Array(n * n).fill(1);
  // One head stands for all, but where whole heads are removed.
  const heads = Array.from({ length: pattern.emptiesRows ? HEADS : 1 }, (_, head) => head);
  const counts = heads.map((head) => {
    const key = { seed: 1, step: 0, layer: 0, head, example: 0 };
    return countPairs(allowed, pattern.keep({ n, scores, allowed, key, heads: HEADS }));
  });
  return (100 * effectiveSparsity(counts)).toFixed(1);
}

test("the effective sparsities in docs/sparsity.md are what the patterns remove", () => {
  const page = readFileSync(new URL("../../../docs/sparsity.md", import.meta.url), "utf8").split("\n");
  const first = page.findIndex((line) => line.startsWith("| effective sparsity, %"));
  const cells = (line: string): string[] => line.split("|").slice(1, -1);
  const lengths = cells(page[first])
    .slice(1)
    .map((cell) => Number(cell.replace("n =", "")));
  const shown = new Set<string>();
  for (let at = first + 2; page[at].startsWith("|"); at++) {
    const ids = cells(page[at])[0].match(/[A-Za-z]+\([^)]*\)/g)!;
    for (const id of ids) {
      shown.add(id.slice(0, id.indexOf("(")));
      const want = [` ${ids.map((other) => `\`${other}\``).join(", ")} `, ...lengths.map((n) => ` ${removed(id, n)} `)];
      assert.equal(page[at], `|${want.join("|")}|`);
    }
  }
  assert.deepEqual(lengths, [12, 25, 33, 60, 128, 512]);
  assert.deepEqual(
    [...shown].sort(),
    Object.keys(patterns)
      .filter((name) => name !== "dense")
      .sort(),
  );
});
