import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import type { Device } from "../../runs/index.ts";
import { chooseDevice } from "../../runtime/index-node.ts";
import { demoStudies, type PreparedStudy, tuningStudy } from "../../studies/index.ts";
import { prepareStudy } from "../../studies/index-node.ts";
import { sayAsked } from "../read-options.ts";
import { type AskedStudy, textStudies } from "./definitions.ts";
import type { StudyContext } from "./options.ts";

/** A study whose mistakes were looked for. */
export interface PlannedStudy extends AskedStudy {
  readonly study: PreparedStudy;
  readonly folder: string;
  /** The study of its trials, where each arm is tuned. */
  readonly trials?: PreparedStudy;
}

/** What a command asks for, checked, and the folder of its output. */
export async function plannedStudies(
  context: StudyContext,
): Promise<{ readonly plans: readonly PlannedStudy[]; readonly folder: string }> {
  const { options } = context;
  const demo = options.preset === "demo";
  const asked = demo ? demoDefinitions(context) : await textStudies(context);
  const folder = options.outputDir ?? join("runs", demo ? (options.quick ? "demo-quick" : "demo") : studyName(asked[0]));
  const plans = asked.map((each): PlannedStudy => {
    const { definition, tuning } = each;
    const trials = tuning && prepareStudy(tuningStudy(definition, tuning));
    return { ...each, study: prepareStudy(definition), folder: join(folder, each.cell), ...(trials && { trials }) };
  });
  return { plans, folder };
}

/** Of the whole grid. */
const studyName = ({ cell, definition: { study } }: AskedStudy): string =>
  cell === "" ? study : study.slice(0, -(cell.length + 1));

/** `auto` is settled once, so that all runs of a study are computed alike. */
export async function settledDevice({ options, output }: StudyContext): Promise<Exclude<Device, "auto">> {
  const asked = options.device as Device;
  sayAsked(output, asked);
  if (asked !== "auto") return asked;
  const { device, reason } = await chooseDevice();
  output.note(`device: ${device}, ${reason}`);
  return device;
}

const DEMO_OPTIONS = new Set([
  ...["preset", "device", "seeds", "quick", "database", "checkpointsDir", "reportTo", "loggingDir", "parallelRuns"],
  ...["outputDir", "overwriteOutputDir", "json", "verbose"],
]);

function demoDefinitions({ options, given, positionals, commandLine }: StudyContext): AskedStudy[] {
  const other = positionals[0] ?? [...given].find((name) => !DEMO_OPTIONS.has(name));
  if (other !== undefined) {
    const hint = "Its corpora, model and settings are fixed, since their truth was planted for them.";
    throw expectedGot(
      "cli/bad-option",
      "crisp study --preset demo",
      "no data, and no options but --seeds, --quick and folders",
      other,
      hint,
    );
  }
  const seeds = options.seeds ?? (options.quick ? [0, 1] : undefined);
  return demoStudies({ command: commandLine, ...(seeds && { seeds }) }).map((definition) => ({
    cell: definition.study,
    definition,
  }));
}
