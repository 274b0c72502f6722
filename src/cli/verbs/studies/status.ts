import { counted, expectedGot } from "../../../errors/index.ts";
import type { StudyStatus } from "../../../studies/index.ts";
import { type DatabasePlace, folderStatus, openDatabase, sqlStatus } from "../../../studies/index-node.ts";
import { columns, type Output } from "../../output.ts";
import { duration } from "../../progress.ts";
import { DATABASE_OPTIONS, databaseIn, sharedDatabase } from "../../study/stores.ts";
import { defineVerb, type OptionTable } from "../../verb.ts";

const OPTIONS = {
  database: { ...DATABASE_OPTIONS.database, help: "The PostgreSQL that studies are in: postgres://user@host/name." },
  study: { ...DATABASE_OPTIONS.study, help: "Only this study of the database." },
} as const satisfies OptionTable;

export const status = defineVerb({
  name: "status",
  summary: "say how studies stand: runs done, running, waiting and failed, their workers, and the time left",
  usage: "[folder] [options]",
  positionals: [{ name: "folder", help: "The output folder of a study; left out with --database." }],
  options: OPTIONS,
  examples: ["crisp status runs/tickets", "crisp status --database postgres://crisp@db.example.org/studies"],
  async run({ options, positionals: [folder], output }) {
    const { database, study } = options;
    if (folder !== undefined && database !== undefined) {
      throw expectedGot("cli/bad-option", "crisp status", "a folder or --database", "both");
    }
    const place = folder === undefined ? { url: sharedDatabase("crisp status", database) } : databaseIn(folder);
    const studies = place ? await inDatabase(place, study) : folderStatus(folder!);
    output.record({ studies });
    if (studies.length === 0) output.print("no study");
    for (const each of studies) show(output, each);
    return 0;
  },
});

async function inDatabase(place: DatabasePlace, study: string | undefined): Promise<StudyStatus[]> {
  const connection = await openDatabase(place, { longestMs: 0 });
  try {
    return await sqlStatus(connection, study);
  } finally {
    await connection.close();
  }
}

function show(output: Output, { study, done, running, waiting, failed, workers, failures, secondsLeft }: StudyStatus): void {
  const total = done + running + waiting + failed;
  output.print(output.style("bold", `study ${study}: ${done} of ${counted(total, "run")} done`));
  const left = secondsLeft ? ` · about ${inWords(secondsLeft)} left` : "";
  output.print(`  ${running} running · ${waiting} waiting · ${failed} failed${left}`);
  if (workers.length > 0) {
    const rows = workers.map(({ worker, arm, seed, seconds, silentSeconds }) => [
      ...[worker, `${arm}, seed ${seed}`, `for ${inWords(seconds)}`, `last sign of life ${inWords(silentSeconds)} ago`],
    ]);
    output.print(columns(rows));
  }
  for (const { arm, seed, attempts, error } of failures) {
    output.say(output.style("red", `  ${arm}, seed ${seed}, ${counted(attempts, "try", "tries")}: ${error}`));
  }
  output.print();
}

const inWords = (seconds: number): string => duration(1000 * seconds);
