/**
 * How often the intervals and verdicts of docs/statistics.md are right, on made-up runs whose truth is known.
 *
 *     node scripts/simulate-coverage.ts [simulations=1000] [replicates=1000]
 */
import { argv, stdout } from "node:process";
import { crossedBootstrap, decide, holmLevels, levelsAt, studentQuantile, type Variant } from "../src/studies/index.ts";

interface World {
  readonly name: string;
  readonly seeds: number;
  readonly examples: number;
  /** Standard deviations, in latent units, of what makes one example harder, and of the arm's effect over seeds and examples. */
  readonly difficulty: number;
  readonly seedEffect: number;
  readonly exampleEffect: number;
  /** Mean effect of the arm, latent; 0 is dense against dense. */
  readonly effect: number;
  /** Share of the noise that the two arms of a seed have in common. */
  readonly shared: number;
}

const simulations = Number(argv[2] ?? 1000);
const replicates = Number(argv[3] ?? 1000);
/** Latent score above 0 = correct; mean 2.9 with difficulty 2 gives about 90 % accuracy. */
const CENTRE = 2.9;
const base = { seeds: 5, examples: 872, difficulty: 2, shared: 0.5, seedEffect: 0, exampleEffect: 0, effect: 0 };
const worlds: World[] = [
  { ...base, name: "noise only" },
  { ...base, name: "seeds differ", seedEffect: 0.15 },
  { ...base, name: "examples differ", exampleEffect: 1 },
  { ...base, name: "both differ", seedEffect: 0.1, exampleEffect: 0.7 },
  { ...base, name: "both, effect", seedEffect: 0.1, exampleEffect: 0.7, effect: 0.4 },
  { ...base, name: "both, 10 seeds", seeds: 10, seedEffect: 0.1, exampleEffect: 0.7 },
  { ...base, name: "both, 20 seeds", seeds: 20, seedEffect: 0.1, exampleEffect: 0.7 },
  { ...base, name: "seeds differ, 6,000", examples: 6000, seedEffect: 0.15 },
  { ...base, name: "both, 150 sentences", examples: 150, seedEffect: 0.1, exampleEffect: 0.7 },
];

// A plain sequential generator: the simulation must not share the draws of what it judges.
let state = 20240817n;
function uniform(): number {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
  return (Number(state >> 11n) + 0.5) / 2 ** 53;
}
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

/** Paired differences in accuracy points, [S, N]; the dense arm's seed effect is part of the noise. */
function draw(w: World): Float64Array {
  const hard = Float64Array.from({ length: w.examples }, () => CENTRE + w.difficulty * normal());
  const lean = Float64Array.from({ length: w.examples }, () => w.effect + w.exampleEffect * normal());
  const differences = new Float64Array(w.seeds * w.examples);
  for (let s = 0; s < w.seeds; s++) {
    const seed = w.seedEffect * normal();
    for (let e = 0; e < w.examples; e++) {
      const common = Math.sqrt(w.shared) * normal();
      const own = Math.sqrt(1 - w.shared);
      const dense = hard[e] + common + own * normal() > 0;
      const sparse = hard[e] + lean[e] + seed + common + own * normal() > 0;
      differences[s * w.examples + e] = 100 * (Number(sparse) - Number(dense));
    }
  }
  return differences;
}

/** True mean difference in points: both arms are normal in the latent score. */
function truth(w: World): number {
  const dense = CENTRE / Math.hypot(w.difficulty, 1);
  const sparse = (CENTRE + w.effect) / Math.sqrt(w.difficulty ** 2 + 1 + w.exampleEffect ** 2 + w.seedEffect ** 2);
  return 100 * (phi(sparse) - phi(dense));
}

const line = (cells: (string | number)[], widths: number[]) =>
  stdout.write(`| ${cells.map((c, i) => String(c).padEnd(widths[i])).join(" | ")} |\n`);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function phi(z: number): number {
  let [low, high] = [1e-9, 1 - 1e-9];
  for (let i = 0; i < 60; i++) {
    const p = (low + high) / 2;
    if (studentQuantile(p, Infinity) < z) low = p;
    else high = p;
  }
  return (low + high) / 2;
}

function coverage(): void {
  const widths = [20, 7, 18, 18, 18];
  stdout.write(
    `Coverage of the 95 % interval (and its mean half-width in points), ${simulations} simulated studies each, R = ${replicates}\n\n`,
  );
  line(["world", "truth", "plain", "scaled", "balanced"], widths);
  line(
    widths.map((w) => "-".repeat(w)),
    widths,
  );
  for (const world of worlds) {
    const target = truth(world);
    const variants: Variant[] = ["plain", "scaled", "balanced"];
    const hits = new Map(variants.map((v) => [v, 0]));
    const half = new Map(variants.map((v) => [v, 0]));
    for (let i = 0; i < simulations; i++) {
      const [result] = crossedBootstrap([draw(world)], { seeds: world.seeds, replicates, randomSeed: i });
      for (const variant of variants) {
        const { low, high } = result.interval(0.95, variant);
        if (low <= target && target <= high) hits.set(variant, hits.get(variant)! + 1);
        half.set(variant, half.get(variant)! + (high - low) / 2 / simulations);
      }
    }
    const cells = variants.map((v) => `${percent(hits.get(v)! / simulations)} (±${half.get(v)!.toFixed(2)})`);
    line([world.name, target.toFixed(2), ...cells], widths);
  }
}

/** Three claims against one dense arm that share its noise: Holm's rule, as in a study. */
function verdicts(): void {
  const widths = [34, 11, 14, 15, 11];
  stdout.write(`\nVerdicts on three claims (share of studies with at least one; undecided: share of claims)\n\n`);
  line(["world", "supported", "contradicted", "no difference", "undecided"], widths);
  line(
    widths.map((w) => "-".repeat(w)),
    widths,
  );
  const cases: [string, World, number[]][] = [
    ["dense against dense, 5 seeds", { ...base, name: "" }, [5]],
    ["the same, 872 → 6,000 sentences", { ...base, examples: 6000, name: "" }, [5]],
    ["seeds differ, no effect", { ...base, seedEffect: 0.15, name: "" }, [5]],
    ["examples differ, no mean effect", { ...noMeanEffect({ ...base, exampleEffect: 0.7, name: "" }) }, [5]],
    ["no effect, looks at 5, 10, 20", { ...base, seedEffect: 0.15, name: "" }, [5, 10, 20]],
    ["effect +1.0 points", { ...base, effect: 0.13, name: "" }, [5]],
    ["effect +3.0 points", { ...base, effect: 0.45, name: "" }, [5]],
  ];
  for (const [name, world, looks] of cases) {
    const most = looks[looks.length - 1];
    const seen = { supported: 0, contradicted: 0, "no difference": 0 };
    let open = 0;
    for (let i = 0; i < simulations; i++) {
      const arms = [0, 1, 2].map(() => draw({ ...world, seeds: most }));
      const words = new Map<number, string>();
      for (const seeds of looks) {
        const boot = crossedBootstrap(
          arms.map((arm) => arm.subarray(0, seeds * world.examples)),
          { seeds, replicates, randomSeed: i },
        );
        const { level95, level90 } = levelsAt(looks, seeds)!;
        const levels = holmLevels(boot, 1 - level95);
        boot.forEach((b, arm) => {
          const word = decide(b.interval(levels[arm]), b.interval(level90));
          if (!words.has(arm) && word !== "undecided") words.set(arm, word);
        });
      }
      for (const word of new Set(words.values())) seen[word as keyof typeof seen]++;
      open += 3 - words.size;
    }
    line([name, ...Object.values(seen).map((n) => percent(n / simulations)), percent(open / simulations / 3)], widths);
  }
}

/** Spread over examples pulls accuracy towards one half; give the mean back, so that the null is true. */
function noMeanEffect(w: World): World {
  const spread = Math.sqrt(w.difficulty ** 2 + 1 + w.exampleEffect ** 2);
  return { ...w, effect: (CENTRE * spread) / Math.hypot(w.difficulty, 1) - CENTRE };
}

coverage();
verdicts();
