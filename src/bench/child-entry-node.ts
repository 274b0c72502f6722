// Run as a child process by `measureInChild`: measures what it is sent, answers, ends.
import { toSent } from "../runs/index.ts";
import { type JobSettings, type Jobs, measureHere, peakBytes } from "./job-node.ts";

type Request = { readonly kind: keyof Jobs; readonly job: Jobs[keyof Jobs]["job"]; readonly settings: JobSettings };

process.once("message", async ({ kind, job, settings }: Request) => {
  const answer = await measureHere(kind, job as never, settings).then(
    (measured) => ({ measured, peakBytes: peakBytes() }),
    (error) => ({ error: toSent(error) }),
  );
  process.send!(answer, () => process.exit());
});
process.once("disconnect", () => process.exit());
