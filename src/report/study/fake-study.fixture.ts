import { normal, uniform } from "../../random/index.ts";
import type { CurvePoint, RunRecord } from "../../runs/index.ts";
import type { AttentionMap, StudyResults } from "../../studies/index.ts";
import { type StudyMeta, studyResults } from "../../studies/index.ts";

export interface FakeStudy {
  readonly study?: string;
  readonly corpus?: string;
  readonly synthetic?: boolean;
  readonly planted?: StudyResults["planted"];
  readonly seeds?: number;
  readonly examples?: number;
  /** Latent effect of each arm after dense. */
  readonly effects?: readonly number[];
  readonly names?: readonly string[];
  readonly sparsities?: readonly number[];
  /** Heads whose attention over the first sentence is kept. */
  readonly heads?: number;
  /** Words of the sentences whose attention is kept; default a dozen. */
  readonly words?: number;
  readonly looks?: readonly number[];
  /** Mean latent margin: 2.9 is about 90 % accuracy. */
  readonly centre?: number;
}

const sentences = [
  "[CLS] the acting is superb , though the plot is thin [SEP]",
  "[CLS] a slow , <b>oddly</b> moving film about grief & hope [SEP]",
];

/** Made-up runs through the real statistics: latent difficulty of examples, effects of seeds and arms, attention that ranks keys. */
export function fakeStudy(options: FakeStudy = {}): StudyResults {
  const names = options.names ?? ["dense", "light_sparse", "moderate_sparse", "aggressive_sparse"];
  const sparsities = options.sparsities ?? [0, 0.4, 0.6, 0.8];
  const effects = options.effects ?? [0.06, 0.12, 0.2];
  const examples = options.examples ?? 872;
  const seeds = options.seeds ?? 5;
  const study = options.study ?? "sst2";
  const random = (site: string, index: number, step = 0) => normal({ seed: 11, step, site: `${study}/${site}` }, index);
  const runs: RunRecord[] = names.flatMap((arm, at) =>
    Array.from({ length: seeds }, (_, s) => {
      const labels = Array.from({ length: examples }, (_, e) =>
        Number(uniform({ seed: 11, step: 0, site: `${study}/label` }, e) < 0.509),
      );
      const shift = at === 0 ? 0 : effects[at - 1] + 0.05 * random(`arm-${at}`, s);
      const logits = (site: string, loss: number) =>
        labels.map((y, e) => {
          const hard = (options.centre ?? 2.9) + 2 * random("hard", e) + (at === 0 ? 0 : 0.5 * random(`lean-${at}`, e));
          const margin = hard + shift - loss + 0.7 * random("common", e, s) + 0.7 * random(`${site}-${at}`, e, s);
          const right = 1 / (1 + Math.exp(-1.3 * margin));
          return y === 0 ? [right, 1 - right] : [1 - right, right];
        });
      const trainLoss = 0.045 + 0.03 * sparsities[at] + 0.006 * random(`train-${at}`, s);
      return {
        arm,
        seed: s + 1,
        probabilities: logits("own", 0),
        denseProbabilities: logits("own", 0.3 * sparsities[at]),
        ...(at === 0 && {
          crossProbabilities: Object.fromEntries(
            names.slice(1).map((name, i) => [name, logits(`cross-${name}`, sparsities[i + 1])]),
          ),
        }),
        labels,
        trainLoss,
        trainAccuracy: 0.985 - 0.004 * sparsities[at] + 0.001 * random(`trainAccuracy-${at}`, s),
        effectiveSparsity: sparsities[at] * 0.93,
        steps: 100,
        seconds: 41 + 6 * sparsities[at] + random(`seconds-${at}`, s),
        bestBySelectionAccuracy: 0.91 + 0.003 * random(`best-${at}`, s),
        temperature: 1.3 + 0.05 * random(`temperature-${at}`, s),
        curve: curve(trainLoss, effects[at - 1] ?? 0, (i) => random(`curve-${at}`, i, s)),
      };
    }),
  );
  const meta: StudyMeta = {
    study,
    corpus: options.corpus ?? "SST-2",
    synthetic: options.synthetic ?? false,
    ...(options.planted && { planted: options.planted }),
    examples: { train: 10_000, selection: 1_000 },
    arms: names.map((name, arm) => ({
      name,
      pattern: sparsities[arm] === 0 ? "dense" : `topK(sparsity=${sparsities[arm]})`,
      nominalSparsity: sparsities[arm],
    })),
    flops: (_, effective) => ({
      core: 4.6e5 * (1 - effective),
      attention: 1.42e7 - 4.6e5 * effective,
      layer: 4.25e7 - 4.6e5 * effective,
    }),
    ...(options.looks && { looks: options.looks }),
    attentionMaps: sentences.flatMap((sentence, i) =>
      Array.from({ length: i === 0 ? (options.heads ?? 1) : 1 }, (_, head) => {
        const longer = options.words ? Array.from({ length: options.words }, (_, at) => `word${at}`).join(" ") : sentence;
        const noise = (at: number) => normal({ seed: i, step: head, site: "attention" }, at);
        return { ...attentionMap(longer, names, sparsities, noise), sentence, layer: Math.floor(head / 4), head: head % 4 };
      }),
    ),
    environment: { runtime: "onnxruntime-node 1.30.0, CPU", node: "24.0.0", threads: 2, model: "DistilBERT shape, 6 × 768" },
    command: `npx crisp-attention study --preset ${study} --seeds ${seeds}`,
    createdAt: "2026-01-01T12:00:00Z",
    replicates: 2_000,
  };
  return studyResults(runs, meta);
}

/** Twelve evaluations on the way from a coin flip. */
function curve(trainLoss: number, effect: number, noise: (i: number) => number): CurvePoint[] {
  return Array.from({ length: 12 }, (_, i) => {
    const done = (i + 1) / 12;
    const learnt = 1 - Math.exp(-5 * done);
    return {
      step: (i + 1) * 80,
      epoch: 3 * done,
      trainLoss: 0.69 - (0.69 - trainLoss) * learnt + 0.008 * noise(3 * i),
      evalLoss: 0.69 - (0.42 + 0.1 * effect) * learnt + 0.05 * done ** 2 + 0.008 * noise(3 * i + 1),
      evalAccuracy: 0.5 + (0.4 + 0.04 * effect) * learnt + 0.006 * noise(3 * i + 2),
    };
  });
}

function attentionMap(
  sentence: string,
  names: readonly string[],
  sparsities: readonly number[],
  noise: (at: number) => number,
): AttentionMap {
  const tokens = sentence.split(" ");
  const n = tokens.length;
  const scores = tokens.map((_, q) => tokens.map((_, k) => 1.4 * noise(q * n + k) + (q === k ? 1 : 0) - 0.15 * Math.abs(q - k)));
  const masked = (sparsity: number) =>
    scores.map((row) => {
      const kept = Math.max(1, Math.ceil((1 - sparsity) * n - 1e-9));
      const least = [...row].sort((a, b) => b - a)[kept - 1];
      const powers = row.map((score) => (score >= least ? Math.exp(score) : 0));
      const sum = powers.reduce((total, x) => total + x, 0);
      return powers.map((x) => x / sum);
    });
  return {
    sentence,
    tokens,
    layer: 1,
    head: 0,
    probabilities: Object.fromEntries(names.map((name, arm) => [name, masked(sparsities[arm])])),
  };
}

/** The three studies of the demo, as they should come out. */
export const fakeDemo = (): StudyResults[] => [
  fakeStudy({
    study: "far-away distractors",
    corpus: "distractors",
    synthetic: true,
    centre: 1.6,
    examples: 600,
    effects: [0.5, 1, 1.6],
    planted: { expected: "far-away words mislead, so sparsity helps", ceiling: 0.95, direction: "helps" },
  }),
  fakeStudy({
    study: "every word counts",
    corpus: "every-word",
    synthetic: true,
    examples: 600,
    effects: [-0.4, -1, -1.7],
    planted: { expected: "each word is a vote, so sparsity hurts", ceiling: 0.97, direction: "hurts" },
  }),
  fakeStudy({
    study: "dense against dense",
    corpus: "every-word",
    synthetic: true,
    examples: 600,
    names: ["dense", "dense_again"],
    sparsities: [0, 0],
    effects: [0],
    planted: { expected: "nothing differs, so nothing may be supported", ceiling: 0.97, direction: "neither" },
  }),
];
