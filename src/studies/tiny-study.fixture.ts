import type { StudyDefinition } from "./definition.ts";
import { demoStudies } from "./presets/demo.ts";
import { prepareStudy } from "./run-study-node.ts";
import type { RunKey, StoredRun, StudyHeader } from "./stores/store.ts";

const [demo] = demoStudies({ command: "crisp study", seeds: [1, 2] });
const part = (split: StudyDefinition["data"]["reported"], count: number) => ({
  ...split,
  examples: split.examples.slice(0, count),
});

/** Two arms × two seeds of three updates. */
export const tinyStudy = (changes: Partial<StudyDefinition> = {}): StudyDefinition => ({
  ...demo,
  data: { train: part(demo.data.train, 64), selection: part(demo.data.selection!, 32), reported: part(demo.data.reported, 40) },
  arms: [demo.arms[0], demo.arms[3]],
  options: { ...demo.options, maxSteps: 3, evalStrategy: "steps", evalSteps: 2 },
  ...changes,
});

/** Arms of the tiny study. */
export const [DENSE, SPARSE] = tinyStudy().arms.map(({ name }) => name);

export const tinyHeader = (changes: Partial<StudyDefinition> = {}): StudyHeader => prepareStudy(tinyStudy(changes)).header;

/** As much of a result as a store looks at. */
export const storedRun = ({ arm, seed }: RunKey): StoredRun =>
  ({ record: { arm, seed }, fresh: [], maps: [], freshParameters: [], runtime: {} }) as unknown as StoredRun;
