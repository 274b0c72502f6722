import type { Verb } from "./verb.ts";

interface VerbEntry {
  readonly name: string;
  /** The same line as the verb's own; repeated here so that `crisp --help` loads no verb. */
  readonly summary: string;
  load(): Promise<Verb>;
}

/** Every verb, in the order of the help page; each is loaded only when it is run. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: "doctor",
    summary: "say what this machine has, and what is wrong",
    load: async () => (await import("./doctor.ts")).doctor as Verb,
  },
];
