// How a database of studies stands 100,000 runs: node bench/store.ts [--runs 100000] [--url postgres://…]. Left out, it starts a
// PostgreSQL of its own, with its settings as they come.
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { StoredRun, StudyHeader, StudyRun } from "../src/studies/index.ts";
import { type Connection, openDatabase, sqlStatus, sqlStore } from "../src/studies/index-node.ts";
import { startPostgres } from "../src/studies/stores/sql/postgres.fixture.ts";
import { reportMemory } from "./store-report.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100000" }, url: { type: "string" } } });
const RUNS = Number(values.runs);
/** Of one study that is finished; there are as many as make the number of runs. */
const RUNS_OF_A_STUDY = Math.min(1000, RUNS);
const EXAMPLES = 200;
const EVENTS_OF_A_RUN = 20;
const CHECKPOINTS = join(tmpdir(), "crisp-bench-store");

const server = values.url === undefined ? await startPostgres({ fsync: true }) : undefined;
const url = values.url ?? server!.url;
const connect = () => openDatabase({ url });

function header(study: string, runs: number): StudyHeader {
  const arms = Array.from({ length: 10 }, (_, arm) => (arm === 0 ? "dense" : `arm-${arm}`));
  const seeds = Array.from({ length: runs / arms.length }, (_, seed) => seed);
  const all: StudyRun[] = seeds.flatMap((seed) =>
    arms.map((arm) => ({ arm, seed, id: `${study} ${arm} ${seed}`.padEnd(64, "0") })),
  );
  return {
    study,
    corpus: study,
    runs: all,
    plan: { seeds, looks: [seeds.length], claims: arms.slice(1) },
    options: {},
    command: "",
  };
}

function result({ arm, seed }: StudyRun): StoredRun {
  const probabilities = Array.from({ length: EXAMPLES }, (_, at) => [1 / (at + 3), 1 - 1 / (at + 3)]);
  const curve = Array.from({ length: 10 }, (_, at) => ({
    step: at,
    epoch: at / 3,
    trainLoss: 1 / 3,
    evalLoss: 2 / 3,
    evalAccuracy: 0.9,
  }));
  const labels = Array.from({ length: EXAMPLES }, (_, at) => at % 2);
  const record = { arm, seed, probabilities, denseProbabilities: probabilities, labels, curve, steps: 100, seconds: 60 };
  return { record, fresh: [], maps: [], freshParameters: [], runtime: { name: "bench" } } as unknown as StoredRun;
}

const step = (at: number) =>
  ({
    type: "step",
    step: at,
    steps: 1e6,
    epoch: at / 7,
    loss: 1 / at,
    learningRate: 1e-5,
    gradientNorm: 1 / 3,
    tokensPerSecond: 1e5,
  }) as const;

async function timed<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const started = performance.now();
  const done = await work();
  return [(performance.now() - started) / 1000, done];
}

const say = (what: string, text: string): void => console.log(`${what.padEnd(58)} ${text}`);
const rate = (count: number, seconds: number, of: string): string =>
  `${Math.round(count / seconds).toLocaleString("en")} ${of} a second`;

/** Finished studies: one run is kept by the store, and the others are copies of it. */
async function fill(database: Connection): Promise<void> {
  for (let at = 0; at < RUNS / RUNS_OF_A_STUDY; at++) {
    const study = `study-${at}`;
    const store = sqlStore(database, { checkpoints: CHECKPOINTS });
    await store.open(header(study, RUNS_OF_A_STUDY));
    const run = (await store.claim("bench"))!;
    await store.log(run).append(...Array.from({ length: EVENTS_OF_A_RUN }, (_, event) => step(event + 1)));
    await store.finish(run, "bench", result(run));
    const others = "FROM crisp.runs AS copy, crisp.runs AS one";
    const where = "WHERE copy.study = $1 AND copy.state = 'waiting' AND one.study = $1 AND one.state = 'done'";
    await database.query(
      `INSERT INTO crisp.events SELECT copy.run, attempt, sequence, event ${others} JOIN crisp.events AS e ON e.run = one.run ${where}`,
      [study],
    );
    await database.query(
      `INSERT INTO crisp.predictions SELECT copy.run, kind, classes, probabilities
       ${others} JOIN crisp.predictions AS p ON p.run = one.run ${where}`,
      [study],
    );
    await database.query(
      `INSERT INTO crisp.results SELECT copy.run, call,
         jsonb_set(jsonb_set(result::jsonb, '{record,arm}', to_jsonb(copy.arm)), '{record,seed}', to_jsonb(copy.seed))::json
       ${others} JOIN crisp.results AS r ON r.run = one.run ${where}`,
      [study],
    );
    await database.query(
      "UPDATE crisp.runs SET state = 'done', begun = now(), finished = now() + interval '60 s' WHERE study = $1",
      [study],
    );
  }
  await database.query("ANALYZE");
}

/** What `workers`, each with a connection of its own, claim, say to live and finish in a while. */
async function throughput(study: StudyHeader, workers: number, cycles: number): Promise<string> {
  const lanes = await Promise.all(
    Array.from({ length: workers }, async (_, at) => {
      const database = await connect();
      const store = sqlStore(database, { checkpoints: CHECKPOINTS, join: true });
      await store.open(study);
      return { name: `worker ${workers} ${at}`, database, store };
    }),
  );
  const [seconds] = await timed(() =>
    Promise.all(
      lanes.map(async ({ name, store }) => {
        for (let cycle = 0; cycle < cycles / workers; cycle++) {
          const run = (await store.claim(name))!;
          await store.beat(run, name);
          await store.finish(run, name, result(run));
        }
      }),
    ),
  );
  for (const { database } of lanes) await database.close();
  return rate(cycles, seconds, "runs");
}

try {
  const database = await connect();
  const [{ version }] = await database.query<{ version: string }>("SELECT version()");
  console.log(version);
  const wide = header("wide", RUNS);
  const store = sqlStore(database, { checkpoints: CHECKPOINTS });
  const count = RUNS.toLocaleString("en");
  say(`a study of ${count} runs is begun`, `${(await timed(() => store.open(wide)))[0].toFixed(2)} s`);
  say("opened again", `${(await timed(() => store.open(wide)))[0].toFixed(2)} s`);
  for (const workers of [1, 4, 16]) {
    say(`claim, sign of life and finish, ${workers} at once`, await throughput(wide, workers, 800));
  }
  const [claims] = await timed(async () => {
    for (let at = 0; at < 500; at++) await store.claim("bench");
  });
  say("claims alone, one at a time", rate(500, claims, "claims"));
  const log = store.log(wide.runs[0]);
  const [singly] = await timed(async () => {
    for (let at = 1; at <= 1000; at++) await log.append(step(at));
  });
  say("events of one writer, one at a time", rate(1000, singly, "events"));
  const [together] = await timed(async () => {
    for (let at = 0; at < 200; at++) await log.append(...Array.from({ length: 100 }, (_, event) => step(100 * at + event + 1)));
  });
  say("events of one writer, in pieces of 100", rate(20_000, together, "events"));
  await store.close();

  const [filled] = await timed(() => fill(database));
  const [{ size }] = await database.query<{ size: string }>(
    "SELECT pg_size_pretty(pg_database_size(current_database())) AS size",
  );
  const studies = RUNS / RUNS_OF_A_STUDY;
  say(`${studies} finished studies of ${RUNS_OF_A_STUDY} runs are filled in`, `${filled.toFixed(0)} s, ${size}`);
  const statuses = [];
  for (let at = 0; at < 5; at++) statuses.push((await timed(() => sqlStatus(database)))[0]);
  say("status: its queries, median of 5", `${(1000 * statuses.sort((a, b) => a - b)[2]).toFixed(0)} ms`);
  const main = join(import.meta.dirname, "../src/cli/main.ts");
  const [command] = await timed(async () => spawnSync(process.execPath, [main, "status", "--database", url]));
  say("crisp status, from its start to its end", `${command.toFixed(2)} s`);
  const reported = sqlStore(database, { checkpoints: CHECKPOINTS });
  await reported.open(header("study-0", RUNS_OF_A_STUDY));
  const [read, found] = await timed(() => reported.finished());
  say(`the report's query: ${found.length} runs × ${EXAMPLES} examples`, `${read.toFixed(2)} s`);
  const [only] = await timed(() => sqlStatus(database, "study-0"));
  say("status of that study alone", `${(1000 * only).toFixed(0)} ms`);
  for (const { runs, megabytes, seconds } of await reportMemory(database, url, [50, 1000])) {
    const what = `crisp study, all of whose ${runs} runs × 200 examples are done`;
    say(what, `peak ${megabytes.toFixed(0)} MB, ${seconds.toFixed(1)} s`);
  }
  await database.close();
} finally {
  server?.stop();
}
