import { counted } from "../../../errors/index.ts";
import { chooseTrials, type StudyEvent, type StudyPlan, tunedStudy } from "../../../studies/index.ts";
import { prepareStudy, workOnStudy } from "../../../studies/index-node.ts";
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
    const placed = plans.map((plan) => ({
      ...plan,
      first: { study: plan.study, store: stores.storeIn(folder) },
      trials: plan.trials && { study: plan.trials, store: stores.storeIn(folder, { whole: true }) },
    }));
    const others = placed.flatMap(({ first, trials }) => (trials ? [first, trials] : [first]));
    const work = async ({ study, store }: (typeof others)[number]): Promise<StudyPlan> => {
      output.print(output.style("bold", `worker on study ${study.definition.study}`));
      let done = 0;
      const { parallelRuns } = options;
      const onEvent = listener(context, () => done++);
      const plan = await workOnStudy(study, { store, others, parallelRuns, device, signal, onEvent });
      output.print(
        signal.aborted ? `stopped after ${counted(done, "run")}` : `no run is left; ${counted(done, "run")} done here`,
      );
      return plan;
    };
    try {
      for (const { first, trials, tuning, definition } of placed) {
        if (signal.aborted) break;
        const plan = await work(first);
        if (!trials || !tuning || signal.aborted) continue;
        await work(trials);
        const tried = await trials.store.finished(trials.study.header);
        if (signal.aborted) break;
        if (tried.length < trials.study.header.runs.length) {
          output.print("some trials failed, crisp status says why; crisp study tries them again, and nothing is tuned before");
          continue;
        }
        // whoever comes first begins it: the trials are the same for all, and so is what they choose
        const tuned = prepareStudy(tunedStudy(definition, tuning, chooseTrials(definition, tuning, tried)));
        await work({ study: tuned, store: stores.storeIn(folder, { beginsBy: plan }) });
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
    if (event.type === "opened") return;
    if (event.type === "run") {
      const { arm, seed, event: inner } = event;
      if (inner.type === "started")
        output.print(`  ${arm}, seed ${seed}: ${inner.resumedAt > 0 ? `goes on after update ${inner.resumedAt}` : "begun"}`);
      else if (inner.type === "note") output.note(`${arm}, seed ${seed}: ${inner.text}`);
      return;
    }
    const { arm, seed, seconds } = event.run.record;
    const { takenFrom } = event.run;
    if (takenFrom !== undefined) {
      output.record({ type: "run-taken", arm, seed, from: takenFrom });
      output.print(`  ${arm}, seed ${seed}: taken from ${takenFrom}`);
      return;
    }
    onRun();
    output.record({ type: "run", arm, seed, seconds });
    output.print(`  ${arm}, seed ${seed}: done in ${seconds.toFixed(0)} s`);
  };
}
