import { fillNoise, noiseKey } from "./parts/noise.ts";
import { keepRanked, type RankOptions, rankedId, rankedMask } from "./parts/ranked-keys.ts";
import { validLength } from "./parts/valid-length.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Keep k random keys of every query, as many as `topK` keeps at the same sparsity: the control that every claim about a pattern is
 * held against.
 *
 * Each pair draws a uniform number from (seed, step, layer, head, example, query, key); the k largest are kept. In evaluation the
 * step is 0, so that an example has one mask for ever. A denser mask of the same draw contains the sparser one.
 *
 * @param options - As for `topK`.
 * @throws `pattern/bad-parameter`.
 * @example
 * random({ sparsity: 0.8 }); // 12 tokens: 3 random keys a query
 * @see BigBird (arXiv 2007.14062) has random *blocks*, drawn once per layer; here every pair is drawn, at every step.
 */
export function random(options: RankOptions): Pattern {
  const id = rankedId("random", options);
  return {
    id,
    needsScores: false,
    isDrawn: true,
    nominalSparsity: options.sparsity,
    keep(view) {
      const noise = new Float32Array(view.n * view.n);
      fillNoise(noise, 0, view.n, validLength(view), noiseKey(view.key));
      return keepRanked(view, noise, options);
    },
    graph(view) {
      const { heads, layer } = view;
      // Named without the sparsity: every random pattern of a layer ranks the same draw.
      const noise = view.input(`random.noise.${layer}`, ["B", heads, "n", "n"], "float", (out, context) => {
        const { examples, lengths, seed, training, bindings } = context;
        const { n } = bindings;
        const step = training ? context.step : 0;
        for (let at = 0; at < examples.length; at++) {
          for (let head = 0; head < heads; head++) {
            const words = noiseKey({ seed, step, layer, head, example: examples[at] });
            fillNoise(out as Float32Array, (at * heads + head) * n * n, n, lengths[at], words);
          }
        }
      });
      return rankedMask(view, id, noise, options);
    },
  };
}
