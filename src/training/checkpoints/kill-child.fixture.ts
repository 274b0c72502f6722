import { createReferenceRuntime } from "../../runtime/index.ts";
import { runTiny, type TinyRun } from "../run-tiny.fixture.ts";

/** The run that kill.test.ts kills: accumulation across epochs, dropout, evaluations, best weights, a checkpoint every second update. */
export const killedRun: TinyRun = {
  runtime: createReferenceRuntime(),
  options: { gradientAccumulationSteps: 2, maxSteps: 150, evalStrategy: "steps", evalSteps: 3, saveSteps: 2, saveTotalLimit: 2 },
  keepBest: true,
  evaluate: async ({ state }) => {
    const score = state.arrays.get("w2")!.value.array[5];
    return { metrics: { score }, score };
  },
  // a checkpoint of 2 MB or, with the best weights, 4: writing takes long enough to be hit
  ballast: 2 ** 19,
};

export type FromChild = { type: "ready" } | { type: "saving" } | { type: "finished"; outcome: unknown };

// Forked with the folder as its argument; imported by the test, it does nothing.
const folder = process.argv[2];
if (process.send && folder) {
  const tell = (message: FromChild): boolean => process.send!(message);
  tell({ type: "ready" });
  const { outcome } = await runTiny({ ...killedRun, folder, onSaving: () => tell({ type: "saving" }) });
  // disconnecting at once would lose the message
  process.send({ type: "finished", outcome } satisfies FromChild, undefined, undefined, () => process.disconnect());
}
