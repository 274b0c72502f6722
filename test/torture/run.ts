// Tortures Crisp's files: `npm run torture -- --minutes 30 --events 300 --seed 1 --episode 7 --kinds kill,disk-full`; see docs/torture.md.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { EVENTS } from "./events.ts";
import { sourceOfThisRepository } from "./fault.ts";
import { torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    events: { type: "string" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    episode: { type: "string" },
    kinds: { type: "string" },
    /** Episodes at once. */
    jobs: { type: "string" },
    /** Leave the folders of episodes with violations. */
    keep: { type: "boolean" },
    /** Folder `src` of another Crisp than this one. */
    source: { type: "string", default: sourceOfThisRepository() },
  },
});
const kinds = values.kinds?.split(",");
const unknown = kinds?.find((kind) => !EVENTS.some(({ name }) => name === kind));
if (unknown !== undefined) {
  console.error(`--kinds: expected some of ${EVENTS.map(({ name }) => name).join(", ")}, got ${unknown}.`);
  process.exit(2);
}
const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const seed = Number(values.seed);
console.log(`seed ${seed}`);
const again = (episode: number): string =>
  ["npm run torture --", `--seed ${seed}`, `--episode ${episode}`, ...(values.kinds ? [`--kinds ${values.kinds}`] : [])].join(
    " ",
  );
const { seconds, episodes, events, violations } = await torture({
  seed,
  seconds: Number(values.minutes) * 60,
  events: number(values.events),
  episode: number(values.episode),
  kinds,
  jobs: number(values.jobs),
  keep: values.keep,
  source: values.source,
  onEpisode({ number: at, events: happened, violations: found }) {
    console.log(`episode ${at}: ${happened} events, ${found.length} violations`);
    if (found.length === 0) return;
    const [{ story }] = found;
    for (const { event, what } of found) console.error(`  VIOLATION (${event}): ${what.trim()}`);
    console.error([`  again: ${again(at)}`, ...story].join("\n    "));
  },
});
for (const [kind, count] of [...events].sort(([, a], [, b]) => b - a)) console.log(`  ${kind.padEnd(14)}${count}`);
const total = [...events.values()].reduce((sum, count) => sum + count, 0);
const cpu = cpuSeconds();
if (cpu !== undefined) console.log(`${(cpu / total).toFixed(2)} s of CPU an event`);
console.log(`${total} events in ${episodes} episodes, ${Math.round(seconds)} s: ${violations.length} violations (seed ${seed})`);
process.exitCode = violations.length > 0 ? 1 : 0;

/** Of this process and of those that it started and that are over; undefined where the system does not say. */
function cpuSeconds(): number | undefined {
  if (process.platform !== "linux") return undefined;
  // behind the name, which may hold spaces: utime, stime, cutime and cstime are the 12th to 15th, in hundredths of a second
  const fields = readFileSync("/proc/self/stat", "utf8").replace(/.*\) /, "").split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}
