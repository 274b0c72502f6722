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
    name: "train",
    summary: "fine-tune an encoder on a file of labelled texts or a folder of images",
    load: async () => (await import("./verbs/train.ts")).train as unknown as Verb,
  },
  {
    name: "inspect",
    summary: "say what a file of labelled texts holds, and what is wrong with it, before training",
    load: async () => (await import("./verbs/inspect.ts")).inspect as unknown as Verb,
  },
  {
    name: "audit",
    summary: "find labels that are likely wrong, odd texts, weak slices, and what to label next",
    load: async () => (await import("./verbs/audit/audit.ts")).audit as unknown as Verb,
  },
  {
    name: "eval",
    summary: "evaluate a saved model on labelled texts or images, sparsity on and off",
    load: async () => (await import("./verbs/eval.ts")).evaluate as unknown as Verb,
  },
  {
    name: "predict",
    summary: "classify the rows of a table, lines of text or images, from a file or a pipe",
    load: async () => (await import("./verbs/predict.ts")).predict as unknown as Verb,
  },
  {
    name: "serve",
    summary: "answer requests over HTTP with a saved model, for other programs",
    load: async () => (await import("./verbs/serve/serve.ts")).serve as unknown as Verb,
  },
  {
    name: "pretrain",
    summary: "train an encoder to fill in masked words of plain text",
    load: async () => (await import("./verbs/pretrain.ts")).pretrain as unknown as Verb,
  },
  {
    name: "study",
    summary: "train several kinds of attention, its arms, over several seeds and say whether sparsity helped",
    load: async () => (await import("./verbs/study.ts")).study as unknown as Verb,
  },
  {
    name: "worker",
    summary: "do runs of a study that crisp study began in a database, on this machine too",
    load: async () => (await import("./verbs/studies/worker.ts")).worker as unknown as Verb,
  },
  {
    name: "status",
    summary: "say how studies stand: runs done, running, waiting and failed, their workers, and the time left",
    load: async () => (await import("./verbs/studies/status.ts")).status as unknown as Verb,
  },
  {
    name: "ui",
    summary: "show runs and studies below a folder in a browser, live, and try models",
    load: async () => (await import("./verbs/ui/ui.ts")).ui as unknown as Verb,
  },
  {
    name: "push",
    summary: "upload a saved model to the Hugging Face Hub",
    load: async () => (await import("./verbs/push.ts")).push as unknown as Verb,
  },
  {
    name: "draw",
    summary: "show which pairs of tokens an attention pattern keeps",
    load: async () => (await import("./verbs/draw.ts")).draw as unknown as Verb,
  },
  {
    name: "bench",
    summary: "measure this machine, and say from which length on sparse attention is faster",
    load: async () => (await import("./verbs/bench/bench.ts")).bench as unknown as Verb,
  },
  {
    name: "doctor",
    summary: "say what this machine has, and what is wrong",
    load: async () => (await import("./verbs/doctor.ts")).doctor as Verb,
  },
];
