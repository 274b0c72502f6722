// The storm: many small runs on a PostgreSQL, by workers that are killed every few seconds, while the PostgreSQL itself is restarted;
// then the same study in one process on PGlite, compared bit for bit. npm run rig:storm [-- --runs 200 --workers 4 --restarts 2]
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PreparedStudy, StoredRun } from "../../src/studies/index.ts";
import { type Connection, openDatabase, runStudy, sqlStatus, sqlStore } from "../../src/studies/index-node.ts";
import { startPostgres } from "../../src/studies/stores/sql/postgres.fixture.ts";
import { stormStudy } from "./storm-study.ts";

export interface StormOptions {
  readonly runs: number;
  readonly workers: number;
  readonly restarts: number;
  /** Mean time between two kills, in milliseconds. */
  readonly killEveryMs: number;
  readonly onLine?: (text: string) => void;
}

export interface StormResult {
  readonly runs: number;
  readonly kills: number;
  readonly restarts: number;
  /** Runs taken up behind a checkpoint that another worker wrote. */
  readonly resumed: number;
  /** Runs without a result. */
  readonly lost: number;
  /** Runs that two workers were told to have finished. */
  readonly doubled: number;
  /** Runs whose result is another one than without a storm. */
  readonly differing: number;
}

/** A minute in life, and shorter here, as nobody waits for a storm. */
const LOST_AFTER_SECONDS = 10;
const AWAY_MS = 1500;

export async function storm({ runs, workers, restarts, killEveryMs, onLine = () => {} }: StormOptions): Promise<StormResult> {
  const work = mkdtempSync(join(tmpdir(), "crisp-storm-"));
  const study = stormStudy(runs);
  const server = await startPostgres();
  const crew = new Crew([server.url, join(work, "checkpoints"), String(runs), String(LOST_AFTER_SECONDS)], onLine);
  try {
    const database = await openDatabase({ url: server.url });
    await begin(database, study, work);
    for (let at = 0; at < workers; at++) crew.start();
    let [restarted, nextKill] = [0, performance.now() + killEveryMs];
    while (crew.atWork > 0) {
      await pause(250);
      const [{ done, running }] = await sqlStatus(database);
      if (done >= (runs * (restarted + 1)) / (restarts + 1) && restarted < restarts) {
        restarted++;
        onLine(`${done} of ${runs} done, ${running} running: PostgreSQL is restarted`);
        await server.restart(AWAY_MS);
      }
      if (performance.now() < nextKill || done === runs) continue;
      nextKill = performance.now() + killEveryMs * (0.5 + Math.random());
      crew.killOne();
      onLine(`${done} of ${runs} done, ${running} running: a worker was killed`);
    }
    const stormy = await recorded(database, study, work);
    await database.close();
    const quiet = await undisturbed(study, work);
    const differing = [...quiet].filter(([name, result]) => stormy.has(name) && stormy.get(name) !== result).length;
    const doubled = [...crew.finished.values()].filter((times) => times > 1).length;
    return { runs, kills: crew.kills, restarts: restarted, resumed: crew.resumed, lost: runs - stormy.size, doubled, differing };
  } finally {
    crew.end();
    server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Worker processes; who was killed is replaced. */
class Crew {
  readonly #args: readonly string[];
  readonly #onLine: (text: string) => void;
  readonly #children = new Set<ChildProcess>();
  /** How often a run was told to be finished, by its name. */
  readonly finished = new Map<string, number>();
  kills = 0;
  resumed = 0;
  #ended = false;

  constructor(args: readonly string[], onLine: (text: string) => void) {
    this.#args = args;
    this.#onLine = onLine;
  }

  get atWork(): number {
    return this.#children.size;
  }

  start(): void {
    const child = spawn(process.execPath, [join(import.meta.dirname, "storm-worker.ts"), ...this.#args]);
    this.#children.add(child);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    child.stderr.setEncoding("utf8").on("data", (more: string) => this.#onLine(`  worker ${child.pid}: ${more.trim()}`));
    child.on("close", (code) => {
      for (const line of text.split("\n").slice(0, -1)) this.#count(line);
      this.#children.delete(child);
      if (code !== 0 && !this.#ended) this.start();
    });
  }

  killOne(): void {
    const children = [...this.#children];
    if (children[Math.floor(Math.random() * children.length)]?.kill("SIGKILL")) this.kills++;
  }

  end(): void {
    this.#ended = true;
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #count(line: string): void {
    if (line === "resumed") this.resumed++;
    else this.finished.set(line, (this.finished.get(line) ?? 0) + 1);
  }
}

async function begin(database: Connection, study: PreparedStudy, work: string): Promise<void> {
  const store = sqlStore(database, { checkpoints: join(work, "checkpoints") });
  await store.open(study.header);
  await store.close();
}

async function recorded(database: Connection, study: PreparedStudy, work: string): Promise<Map<string, string>> {
  const store = sqlStore(database, { checkpoints: join(work, "checkpoints") });
  await store.open(study.header);
  const found = await store.finished();
  await store.close();
  return new Map(found.map((run) => [`${run.record.arm} ${run.record.seed}`, timeless(run)]));
}

async function undisturbed(study: PreparedStudy, work: string): Promise<Map<string, string>> {
  const database = await openDatabase({ folder: join(work, "pglite") });
  await runStudy(study, { store: sqlStore(database, { checkpoints: join(work, "quiet") }) });
  const found = await recorded(database, study, work);
  await database.close();
  return found;
}

/** All of a result but how long it took. */
const timeless = (run: StoredRun): string => JSON.stringify({ ...run, record: { ...run.record, seconds: 0 } });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "200" },
      workers: { type: "string", default: "4" },
      restarts: { type: "string", default: "2" },
      kill_every_ms: { type: "string", default: "4000" },
    },
  });
  const started = performance.now();
  const { runs, kills, restarts, resumed, lost, doubled, differing } = await storm({
    runs: Number(values.runs),
    workers: Number(values.workers),
    restarts: Number(values.restarts),
    killEveryMs: Number(values.kill_every_ms),
    onLine: (text) => console.log(text),
  });
  console.log(`${resumed} runs went on behind a checkpoint; ${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(`runs ${runs}, kills ${kills}, restarts ${restarts}, lost ${lost}, doubled ${doubled}, differing ${differing}`);
  process.exitCode = lost + doubled + differing > 0 ? 1 : 0;
}
