import { rmSync } from "node:fs";
import { Episode, type Violation } from "./episode.ts";
import { EVENTS } from "./events.ts";
import { createWorld, type World } from "./world.ts";

export interface TortureOptions {
  readonly seed: number;
  /** No new episode is begun behind so many seconds, events or episodes; default: no end. */
  readonly seconds?: number;
  readonly events?: number;
  readonly episodes?: number;
  /** Ends the run once it is true of the violations so far; default: never. */
  readonly stop?: (violations: readonly Violation[]) => boolean;
  /** Only this one. */
  readonly episode?: number;
  /** Leave the folders of episodes with violations where they are; default false. */
  readonly keep?: boolean;
  /** Kinds of events; default all. */
  readonly kinds?: readonly string[];
  /** Variants of trainings; default all. */
  readonly variants?: readonly string[];
  /** The folder `src` of the Crisp that is tortured. */
  readonly source: string;
  /** Episodes at once; default 2. */
  readonly jobs?: number;
  readonly onEpisode?: (episode: {
    readonly number: number;
    readonly events: number;
    readonly violations: readonly Violation[];
  }) => void;
}

export interface Tortured {
  readonly seconds: number;
  readonly episodes: number;
  /** Events by kind. */
  readonly events: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
}

const EVENTS_OF_AN_EPISODE = 6;

/** Let things happen to output folders, each of which is an episode of its own, and look after each event. */
export async function torture(options: TortureOptions): Promise<Tortured> {
  const {
    seed,
    seconds = Infinity,
    events: most = Infinity,
    kinds,
    variants,
    source,
    jobs = 2,
    stop = () => false,
    keep = false,
    onEpisode,
  } = options;
  const last = options.episode ?? options.episodes ?? Infinity;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const world = await createWorld(source, variants);
  const events = new Map<string, number>();
  const violations: Violation[] = [];
  let kept = false;
  let [next, happened, episodes] = [options.episode ?? 1, 0, 0];
  const worker = async (): Promise<void> => {
    while (elapsed() < seconds && happened < most && next <= last && !stop(violations)) {
      const episode = new Episode(world, next++, seed);
      let here = 0;
      for await (const kind of happenings(episode, kinds)) {
        happened++;
        here++;
        events.set(kind, (events.get(kind) ?? 0) + 1);
        if (episode.violations.length > 0 || elapsed() > seconds) break;
      }
      episodes++;
      violations.push(...episode.violations);
      onEpisode?.({ number: episode.number, events: here, violations: episode.violations });
      if (keep && episode.violations.length > 0) kept = true;
      else rmSync(episode.cwd, { recursive: true, force: true });
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    world.close(kept);
  }
  return { seconds: elapsed(), episodes, events, violations };
}

/** @returns The kind of each event, when it is over. */
async function* happenings(episode: Episode, kinds?: readonly string[]): AsyncGenerator<string> {
  const { random, strangers, world } = episode;
  const chosen = EVENTS.filter(({ name }) => kinds?.includes(name) ?? true).flatMap((kind) =>
    Array.from({ length: kind.weight }, () => kind),
  );
  for (let at = 0; at < EVENTS_OF_AN_EPISODE; at++) {
    if (strangers.mayRefuse) episode.person(strangers.moveAway());
    if (random.chance(0.6)) episode.person(strangers.plant(random));
    if (random.chance(0.1)) episode.person(strangers.edit(random));
    const kind = random.pick(chosen);
    episode.event = kind.name;
    await kind.happen(episode);
    yield kind.name;
  }
  episode.person(strangers.moveAway());
  episode.event = "end";
  await episode.train(random.pick(world.references));
  yield "end";
}

export type { Violation, World };
