import { crossedBootstrap } from "./bootstrap.ts";
import { components } from "./components.ts";
import { holmLevels } from "./holm.ts";
import { levelsAt } from "./looks.ts";
import type { Spread } from "./power.ts";
import { normalCdf } from "./quantiles.ts";
import { decide } from "./verdict.ts";

/** Made-up studies whose truth is known. Correct = a latent score above 0; about 90 % accuracy. */
export interface World {
  readonly examples: number;
  /** Standard deviations, in latent units, of what makes one example harder, and of an arm's effect over seeds and examples. */
  readonly difficulty: number;
  readonly seedEffect: number;
  readonly exampleEffect: number;
  /** Mean effect of an arm, latent; 0 is dense against dense where examples don't differ. */
  readonly effect: number;
  /** Share of the noise that the arms of a seed have in common. */
  readonly shared: number;
}

/** 872 sentences as SST-2 has; nothing but noise between the arms. */
export const NOISE_ONLY: World = { examples: 872, difficulty: 2, shared: 0.5, seedEffect: 0, exampleEffect: 0, effect: 0 };

/** Mean of the latent score: with difficulty 2 about 90 % accuracy. */
const CENTRE = 2.9;

export interface MadeUpStudy {
  /** Right or wrong, [S, N] row-major, of dense and of each other arm. */
  readonly dense: Uint8Array;
  readonly arms: readonly Uint8Array[];
  /** True mean difference of each arm on these very sentences, in points. */
  readonly fixedTruths: readonly number[];
}

/** Standard normal numbers one after the other. Not those of src/random: a simulation must not share the draws of what it judges. */
export function normals(seed: number): () => number {
  // sfc32 by Chris Doty-Humphrey
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const uniform = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return ((sum >>> 0) + 0.5) / 0x1_0000_0000;
  };
  for (let i = 0; i < 16; i++) uniform();
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** One study: all arms share sentences, dense, and a part of each seed's noise. */
export function drawStudy(world: World, seeds: number, arms: number, normal: () => number): MadeUpStudy {
  const { examples, seedEffect, shared } = world;
  const fill = (mean: number, deviation: number) => Float64Array.from({ length: examples }, () => mean + deviation * normal());
  const hard = fill(CENTRE, world.difficulty);
  const leans = Array.from({ length: arms }, () => fill(world.effect, world.exampleEffect));
  const common = Float64Array.from({ length: seeds * examples }, () => Math.sqrt(shared) * normal());
  const own = Math.sqrt(1 - shared);
  const draw = (lean: Float64Array | null): Uint8Array => {
    const correct = new Uint8Array(seeds * examples);
    for (let s = 0; s < seeds; s++) {
      const shift = lean ? seedEffect * normal() : 0;
      for (let e = 0; e < examples; e++) {
        const at = s * examples + e;
        correct[at] = Number(hard[e] + (lean ? lean[e] : 0) + shift + common[at] + own * normal() > 0);
      }
    }
    return correct;
  };
  const spread = Math.hypot(1, seedEffect);
  const gained = (lean: Float64Array) =>
    lean.reduce((sum, l, e) => sum + normalCdf((hard[e] + l) / spread) - normalCdf(hard[e]), 0);
  const fixedTruths = leans.map((lean) => (100 * gained(lean)) / examples);
  return { dense: draw(null), arms: leans.map(draw), fixedTruths };
}

/** Paired differences of each arm in accuracy points, [S, N]. */
export const differencesOf = ({ dense, arms }: MadeUpStudy): Float64Array[] =>
  arms.map((arm) => Float64Array.from(arm, (correct, at) => 100 * (correct - dense[at])));

/** True mean difference in points over new seeds and sentences. */
export function truth({ difficulty, exampleEffect, seedEffect, effect }: World): number {
  const dense = CENTRE / Math.hypot(difficulty, 1);
  const sparse = (CENTRE + effect) / Math.hypot(difficulty, 1, exampleEffect, seedEffect);
  return 100 * (normalCdf(sparse) - normalCdf(dense));
}

/** The world with a latent effect that makes the true difference so many points. */
export function withTruth(world: World, points: number): World {
  let [low, high] = [-5, 5];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (truth({ ...world, effect: middle }) < points) low = middle;
    else high = middle;
  }
  return { ...world, effect: (low + high) / 2 };
}

/** Spread of an arm's paired differences, from one study so large that its estimates have next to no error. */
export function trueSpread(world: World, normal: () => number): Spread {
  const [seeds, examples] = [200, 10_000];
  const [differences] = differencesOf(drawStudy({ ...world, examples }, seeds, 1, normal));
  const large = components(differences, seeds);
  const seedVariance = Math.max(0, large.betweenSeeds - large.noise / examples);
  return {
    examples: world.examples,
    betweenSeeds: seedVariance + large.noise / world.examples,
    exampleEffect: large.exampleEffect,
  };
}

/**
 * The whole decision of a study: at each planned look crossed bootstrap, the look's levels, Holm's correction, the word.
 *
 * @returns The word of each arm at the first look that decided it; `undecided` where none did.
 */
export function wordsOf(
  differences: readonly Float64Array[],
  seeds: number,
  { looks = [seeds], replicates, randomSeed }: { looks?: readonly number[]; replicates: number; randomSeed: number },
): string[] {
  const examples = differences[0].length / seeds;
  const words = differences.map(() => "undecided");
  for (const look of looks) {
    const sofar = differences.map((arm) => arm.subarray(0, look * examples));
    const boots = crossedBootstrap(sofar, { seeds: look, replicates, randomSeed });
    const { level95, level90 } = levelsAt(looks, look)!;
    const levels = holmLevels(boots, 1 - level95);
    boots.forEach((boot, arm) => {
      if (words[arm] === "undecided") words[arm] = decide(boot.interval(levels[arm]), boot.interval(level90));
    });
  }
  return words;
}
