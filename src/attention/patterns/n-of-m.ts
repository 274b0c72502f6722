import { expectedGot } from "../../errors/index.ts";
import { add, and, cast, constant, equal, gather, greater, type Node, or, reshape, transpose, where } from "../../graph/index.ts";
import { checkParameters } from "./parts/check-parameters.ts";
import { closestTo, sparsityOr, upTo } from "./parts/sparsity-or.ts";
import { validLength } from "./parts/valid-length.ts";
import type { Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";

/** Either n or a sparsity; m defaults to 4. */
export type NOfMOptions =
  | { readonly sparsity: number; readonly m?: number; readonly n?: undefined }
  | { readonly n: number; readonly m?: number; readonly sparsity?: undefined };

/**
 * The n of m that comes closest to a nominal sparsity; the last group of a text may be shorter than m. Ties go to the smaller n.
 *
 * @returns n in 1 … m.
 * @example
 * keptOfGroup(0.8, 32, 4); // 1
 */
export const keptOfGroup = (sparsity: number, length: number, m: number): number =>
  Math.max(
    1,
    closestTo(sparsity, length, upTo(1, m), (n) => length * (Math.floor(length / m) * n + Math.min(n, length % m))),
  );

/**
 * Of each group of m consecutive keys, keep every query's n allowed ones with the largest scores; ties go to the earlier key.
 *
 * Groups start at the first token. A group with fewer allowed keys than n keeps them all, so no row is emptied.
 *
 * @param options.n - Keys kept of a group, 1 … m; its sparsity is 1 − n/m and cannot be ramped.
 * @param options.sparsity - In [0, 1): n is {@link keptOfGroup} at the example's own length, at every step of a ramp anew.
 * @param options.m - Keys a group, 1 to 64, since the graph compares each key with m others; default 4.
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` for an explicit n under a ramp.
 * @example
 * nOfM({ n: 1, m: 2 }); // scores [1, 5, 5, 5] keep [0, 1, 1, 0]
 * @see Dfss (PPoPP 2023): 1:2 and 2:4, the second of which GPUs can skip in hardware. Here the mask is exact and nothing is skipped.
 */
export function nOfM(options: NOfMOptions): Pattern {
  checkParameters("nOfM", options, ["n", "sparsity", "m"]);
  const { m = 4, n: given } = options;
  if (!(Number.isInteger(m) && m >= 1 && m <= 64)) {
    throw expectedGot("pattern/bad-parameter", "nOfM", "m as a whole number of keys, 1 to 64", m);
  }
  const { nominalSparsity, at } = sparsityOr("nOfM", "n", options, {
    least: 1,
    rule: `a whole n from 1 to m, here ${m}`,
    article: "an ",
    others: ["m"],
    ofSparsity: (sparsity, length) => keptOfGroup(sparsity, length, m),
  });
  if (given !== undefined && given > m) {
    throw expectedGot("pattern/bad-parameter", "nOfM", `a whole n from 1 to m, here ${m}`, given);
  }
  const id = patternId("nOfM", { sparsity: options.sparsity, n: given, m });
  return {
    id,
    needsScores: true,
    nominalSparsity: given === undefined ? nominalSparsity : 1 - given / m,
    keep(view) {
      const { n: tokens, scores, allowed, strength = 1 } = view;
      const most = at(validLength(view), strength);
      const kept = new Uint8Array(tokens * tokens);
      for (let row = 0; row < tokens * tokens; row += tokens) {
        for (let first = 0; first < tokens; first += m) {
          const keys: number[] = [];
          for (let key = first; key < Math.min(first + m, tokens); key++) if (allowed[row + key]) keys.push(row + key);
          keys.sort((a, b) => scores[b] - scores[a] || a - b);
          for (const pair of keys.slice(0, most)) kept[pair] = 1;
        }
      }
      return kept;
    },
    graph(view) {
      const most = view.input(`${id}.most`, [1, "B", 1, 1], "int32", (out, { lengths, strength }) => {
        for (let example = 0; example < out.length; example++) out[example] = at(lengths[example], strength);
      });
      // Keys first, so that the other members of each group are gathered as rows. Removed keys come behind all others.
      const scores = transpose(where(view.allowed, view.scores(), constant(-3e38)), [3, 0, 1, 2]); // [n, B, H, n]
      let before: Node = constant(0, [1, 1, 1, 1], "int32"); // keys of the group that rank before: [n, B, H, n]
      for (let member = 0; member < m; member++) {
        const others = view.input(`nOfM.${m}.member.${member}`, ["n"], "int32", (out) => {
          // Behind the last token there is no other: a key never ranks before itself.
          for (let key = 0; key < out.length; key++) {
            const other = key - (key % m) + member;
            out[key] = other < out.length ? other : key;
          }
        });
        const earlier = view.input(`nOfM.${m}.earlier.${member}`, ["n"], "bool", (out) => {
          for (let key = 0; key < out.length; key++) out[key] = Number(member < key % m);
        });
        const theirs = gather(scores, others); // [n, B, H, n]
        const first = or(greater(theirs, scores), and(reshape(earlier, ["n", 1, 1, 1]), equal(theirs, scores)));
        before = add(before, cast(first, "int32"));
      }
      return and(view.allowed, transpose(greater(most, before), [1, 2, 3, 0])); // [B, H, n, n]
    },
  };
}
