/**
 * How often the intervals, verdicts, powers and further tests of docs/statistics.md are right, on made-up studies whose truth is known.
 *
 *     node scripts/simulate-verdicts.ts [simulations=1000] [replicates=1000]
 */
import { argv, stdout } from "node:process";
import {
  crossedBootstrap,
  equivalenceOverSeeds,
  mcNemarOverSeeds,
  power,
  randomEffects,
  signFlipTest,
  stochasticOrder,
  type Variant,
} from "../src/studies/index.ts";
import {
  differencesOf,
  drawStudy,
  NOISE_ONLY,
  normals,
  trueSpread,
  truth,
  type World,
  withTruth,
  wordsOf,
} from "../src/studies/statistics/made-up-studies.fixture.ts";

const simulations = Number(argv[2] ?? 1000);
const replicates = Number(argv[3] ?? 1000);

const seedsDiffer = { ...NOISE_ONLY, seedEffect: 0.15 };
const examplesDiffer = { ...NOISE_ONLY, exampleEffect: 1 };
const bothDiffer = { ...NOISE_ONLY, seedEffect: 0.1, exampleEffect: 0.7 };

function table(title: string, head: readonly string[], rows: Iterable<readonly string[]>): void {
  stdout.write(`\n${title}\n\n| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}\n`);
  for (const row of rows) stdout.write(`| ${row.join(" | ")} |\n`);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const share = (count: number) => percent(count / simulations);
/** Numbers 0, 1, … of all simulated studies. */
const each = Array.from({ length: simulations }, (_, i) => i);

function* coverage(): Generator<string[]> {
  const worlds: [string, World, number[]?][] = [
    ["noise only", NOISE_ONLY],
    ["seeds differ", seedsDiffer],
    ["examples differ", examplesDiffer],
    ["both differ", bothDiffer],
    ["both, effect", { ...bothDiffer, effect: 0.4 }],
    ["seeds differ, 6,000 sentences", { ...seedsDiffer, examples: 6000 }, [5]],
    ["both, 150 sentences", { ...bothDiffer, examples: 150 }],
  ];
  const variants: Variant[] = ["plain", "scaled", "balanced"];
  for (const [name, world, counts = [5, 10, 20]] of worlds) {
    const target = truth(world);
    for (const seeds of counts) {
      const normal = normals(seeds);
      const hits = [0, 0, 0, 0];
      const halves = [0, 0, 0, 0];
      for (const i of each) {
        const study = drawStudy(world, seeds, 1, normal);
        const [boot] = crossedBootstrap(differencesOf(study), { seeds, replicates, randomSeed: i });
        const intervals = [...variants.map((variant) => boot.interval(0.95, variant)), boot.fixedInterval(0.95)];
        intervals.forEach(({ low, high }, at) => {
          const sought = at < variants.length ? target : study.fixedTruths[0];
          if (low <= sought && sought <= high) hits[at]++;
          halves[at] += (high - low) / 2 / simulations;
        });
      }
      const cells = hits.map((count, at) => `${share(count)} (±${halves[at].toFixed(2)})`);
      yield [name, String(seeds), target.toFixed(2), ...cells];
    }
  }
}

function* verdicts(): Generator<string[]> {
  const interim = [5, 10, 20];
  const nothing = (world: World) => withTruth(world, 0);
  const cases: [string, World, number[]][] = [
    ...interim.map((seeds): [string, World, number[]] => [`dense against dense, ${seeds} seeds`, NOISE_ONLY, [seeds]]),
    ["the same, 5 seeds, 6,000 sentences", { ...NOISE_ONLY, examples: 6000 }, [5]],
    ...interim.map((seeds): [string, World, number[]] => [`seeds differ, ${seeds} seeds`, nothing(seedsDiffer), [seeds]]),
    ...interim.map((seeds): [string, World, number[]] => [`both differ, ${seeds} seeds`, nothing(bothDiffer), [seeds]]),
    ["examples differ, 5 seeds", nothing(examplesDiffer), [5]],
    ["dense against dense, looks at 5, 10, 20", NOISE_ONLY, interim],
    ["seeds differ, looks at 5, 10, 20", nothing(seedsDiffer), interim],
    ["both differ, looks at 5, 10, 20", nothing(bothDiffer), interim],
    ["true +1 point, 5 seeds", withTruth(NOISE_ONLY, 1), [5]],
    ["true +1 point, looks at 5, 10, 20", withTruth(NOISE_ONLY, 1), interim],
    ["true +3 points, 5 seeds", withTruth(NOISE_ONLY, 3), [5]],
  ];
  for (const [name, world, looks] of cases) {
    const normal = normals(looks[0]);
    const seeds = looks[looks.length - 1];
    const seen = { supported: 0, contradicted: 0, "no difference": 0 };
    let open = 0;
    for (const i of each) {
      const words = wordsOf(differencesOf(drawStudy(world, seeds, 3, normal)), seeds, { looks, replicates, randomSeed: i });
      for (const word of Object.keys(seen) as (keyof typeof seen)[]) if (words.includes(word)) seen[word]++;
      open += words.filter((word) => word === "undecided").length;
    }
    yield [name, ...Object.values(seen).map(share), percent(open / simulations / 3)];
  }
}

function* powers(): Generator<string[]> {
  for (const [name, base] of [
    ["noise only", NOISE_ONLY],
    ["seeds differ", seedsDiffer],
    ["both differ", bothDiffer],
  ] as const) {
    for (const effect of [0.5, 0.97, 2]) {
      const world = withTruth(base, effect);
      const spread = trueSpread(world, normals(1));
      const cells = [5, 10, 20].map((seeds) => {
        const normal = normals(seeds);
        const found = each.filter((i) => {
          const differences = differencesOf(drawStudy(world, seeds, 1, normal));
          return wordsOf(differences, seeds, { replicates, randomSeed: i })[0] === "supported";
        });
        return `${percent(power(spread, seeds, effect))}, ${share(found.length)}`;
      });
      yield [name, `+${effect}`, ...cells];
    }
  }
}

function* furtherTests(): Generator<string[]> {
  const tests: [string, World, (d: Float64Array, own: number[], dense: number[], perSeed: number[]) => boolean][] = [
    ["permutation test, p ≤ 5 %", NOISE_ONLY, (_d, _o, _b, perSeed) => signFlipTest(perSeed).p <= 0.05],
    ["McNemar's test over seeds, p ≤ 5 %", NOISE_ONLY, (d, own) => mcNemarOverSeeds(d, own.length).p <= 0.05],
    ["stochastic order, ε < 0.5", NOISE_ONLY, (_d, own, dense) => stochasticOrder(own, dense).bound < 0.5],
    ["stochastic order, ε < 0.2", NOISE_ONLY, (_d, own, dense) => stochasticOrder(own, dense).bound < 0.2],
    [
      "equivalence over seeds, p ≤ 5 %, true +0.5",
      withTruth(NOISE_ONLY, 0.5),
      (_d, _o, _b, perSeed) => equivalenceOverSeeds(perSeed, 0.5) <= 0.05,
    ],
  ];
  for (const [name, world, rejects] of tests) {
    const cells = [5, 10, 20].map((seeds) => {
      const normal = normals(seeds);
      const rejected = each.filter(() => {
        const study = drawStudy(world, seeds, 1, normal);
        const [differences] = differencesOf(study);
        const means = (values: ArrayLike<number>) =>
          Array.from({ length: seeds }, (_, s) => {
            const row = Array.from({ length: world.examples }, (_, e) => values[s * world.examples + e]);
            return row.reduce((sum, value) => sum + value, 0) / world.examples;
          });
        return rejects(differences, means(study.arms[0]), means(study.dense), means(differences));
      });
      return share(rejected.length);
    });
    yield [name, ...cells];
  }
}

function* severalTasks(): Generator<string[]> {
  for (const tasks of [3, 5, 10]) {
    for (const betweenTasks of [0, 0.3, 0.6, 2]) {
      const normal = normals(tasks);
      let [mean, next] = [0, 0];
      for (const _ of each) {
        const effects = Array.from({ length: tasks }, (_, t) => {
          const standardError = 0.3 + 0.1 * (t % 4);
          return { mean: 0.2 + betweenTasks * normal() + standardError * normal(), standardError };
        });
        const { low, high, nextLow, nextHigh } = randomEffects(effects);
        if (low <= 0.2 && 0.2 <= high) mean++;
        const one = 0.2 + betweenTasks * normal();
        if (nextLow <= one && one <= nextHigh) next++;
      }
      yield [String(tasks), betweenTasks.toFixed(1), share(mean), share(next)];
    }
  }
}

stdout.write(`${simulations} made-up studies a cell, ${replicates} replicates\n`);
table(
  "Coverage of 95 % intervals (and mean half-width in points)",
  ["world", "seeds", "truth", "plain", "scaled", "balanced", "these sentences"],
  coverage(),
);
table(
  "Studies of three claims with at least one such verdict; undecided: share of claims",
  ["world", "supported", "contradicted", "no difference", "undecided"],
  verdicts(),
);
table("Power of one claim: predicted, simulated", ["world", "true difference", "5 seeds", "10 seeds", "20 seeds"], powers());
table("Further tests: false alarms", ["test", "5 seeds", "10 seeds", "20 seeds"], furtherTests());
table(
  "Several tasks: coverage of the mean effect and of the effect on one more task",
  ["tasks", "deviation between tasks", "mean effect", "one more task"],
  severalTasks(),
);
