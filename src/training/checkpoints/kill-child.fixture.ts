import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createReferenceRuntime } from "../../runtime/index.ts";
import { runTiny, type TinyRun } from "../run-tiny.fixture.ts";

/** The run that kill.contract.ts kills: accumulation across epochs, dropout, evaluations, best weights, a checkpoint every second update. */
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

export type FromChild = { type: "ready" } | { type: "finished"; outcome: unknown };

// Forked with the folder as its argument, and where it is to die while it writes, with how many saves go well before and how many
// calls of the next one; imported by the test, it does nothing.
const [, , folder, saves, calls] = process.argv;
if (process.send && folder) {
  let [untilSave, untilCall] = [Number(saves), Number.NaN];
  // by its own hand, as another process may come too late on a busy machine
  for (const name of ["writeSync", "fsyncSync", "renameSync"] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        if (untilCall-- === 0) process.kill(process.pid, "SIGKILL");
        return original(...args);
      },
    });
  }
  syncBuiltinESMExports();
  process.send({ type: "ready" } satisfies FromChild);
  const onSaving = (): void => {
    if (untilSave-- === 0) untilCall = Number(calls);
  };
  const { outcome } = await runTiny({ ...killedRun, folder, onSaving });
  // disconnecting at once would lose the message
  process.send({ type: "finished", outcome } satisfies FromChild, undefined, undefined, () => process.disconnect());
}
