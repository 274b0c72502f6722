import { counted } from "../../../errors/index.ts";
import type { StudyEvent } from "../../../studies/index.ts";
import { workOnStudy } from "../../../studies/index-node.ts";
import { foreignTrainingOptions } from "../../../training/index.ts";
import { STUDY_OPTIONS } from "../../study/options.ts";
import { plannedStudies, settledDevice } from "../../study/planned.ts";
import { openStores, sharedDatabase } from "../../study/stores.ts";
import { type Context, defineVerb } from "../../verb.ts";

const { overwrite_output_dir: _, output_dir: __, ...OPTIONS } = STUDY_OPTIONS;

export const worker = defineVerb({
  name: "worker",
  summary: "do runs of a study that crisp study began in a database, on this machine too",
  usage: "[data | spec.json] --database <url> [options of crisp study]",
  positionals: [{ name: "data", help: "The same as for crisp study." }],
  options: OPTIONS,
  foreign: foreignTrainingOptions,
  examples: [
    "crisp worker tickets.csv --model distilbert --database postgres://crisp@db.example.org/studies",
    "crisp worker --preset demo --database postgres://crisp@db.example.org/studies",
  ],
  stopsOnSignal: true,
  async run(context) {
    const { options, output, signal } = context;
    sharedDatabase("crisp worker", options.database);
    const studies = { ...context, options: { ...options, overwriteOutputDir: false, outputDir: undefined } };
    const { plans, folder } = await plannedStudies(studies);
    const device = await settledDevice(studies);
    const stores = await openStores(options, folder, output, { join: true });
    try {
      for (const study of plans.flatMap(({ study, trials }) => (trials ? [study, trials] : [study]))) {
        if (signal.aborted) break;
        const { definition } = study;
        output.print(output.style("bold", `worker on study ${definition.study}`));
        let done = 0;
        await workOnStudy(study, {
          store: stores.storeIn(folder),
          parallelRuns: options.parallelRuns,
          device,
          signal,
          onEvent: listener(context, () => done++),
        });
        output.print(
          signal.aborted ? `stopped after ${counted(done, "run")}` : `no run is left; ${counted(done, "run")} done here`,
        );
      }
      return 0;
    } finally {
      await stores.close();
    }
  },
});

/** A line each run. */
function listener({ output }: Pick<Context, "output">, onRun: () => void): (event: StudyEvent) => void {
  return (event) => {
    if (event.type === "run") {
      const { arm, seed, event: inner } = event;
      if (inner.type === "started")
        output.print(`  ${arm}, seed ${seed}: ${inner.resumedAt > 0 ? `goes on after update ${inner.resumedAt}` : "begun"}`);
      else if (inner.type === "note") output.note(`${arm}, seed ${seed}: ${inner.text}`);
      return;
    }
    const { arm, seed, seconds } = event.run.record;
    onRun();
    output.record({ type: "run", arm, seed, seconds });
    output.print(`  ${arm}, seed ${seed}: done in ${seconds.toFixed(0)} s`);
  };
}
