import type { Attack } from "../attack.ts";

const STEP = "src/training/step/train-step.test.ts";

/** Runs that do not fit though they could, and memory that grows. */
export const memory: readonly Attack[] = [
  {
    what: "everything lives in one arena of 4 GiB, so that XLM-R base cannot be trained",
    file: "src/kernels/memory.ts",
    undo: ["this.#at < this.#places.length - 1) this.#at++;", "this.#at < this.#places.length - 1) this.#at += 0;"],
    test: ["src/kernels/memory.test.ts", "groups lie in one arena each, and open the next where they do not fit"],
  },
  {
    what: "a step reserves less than its largest batch takes",
    file: "src/kernels/memory.ts",
    undo: ["[arenas, lastBytes] = [arenas + 1, 0];", "[arenas, lastBytes] = [arenas, 0];"],
    test: [
      "src/kernels/memory.test.ts",
      "a memory for large groups has room for smaller ones, whatever arena they come to lie in",
    ],
  },
  {
    what: "dropout masks are held as numbers of four bytes",
    file: "src/batch/graph-inputs.ts",
    undo: ['shape, "uint8", { kind: "dropout", probability })', 'shape, "float", { kind: "dropout", probability })'],
    test: ["src/models/model-graph.test.ts", "bert: graph", "dropout masks are fed as bytes"],
  },
  {
    what: "gradients of further batches are reserved where none are accumulated",
    file: "src/training/step/host-state.ts",
    undo: ["(accumulates ? 5 : 4)", "(accumulates ? 5 : 5)"],
    test: [
      STEP,
      "a training step in host memory",
      "without accumulation no room is kept for gradients of further batches, and an update can still be timed",
    ],
  },
  {
    what: "--auto_find_batch_size leaves a batch that does not fit",
    file: "src/runs/start/fit-batch.ts",
    undo: ["  if (fits(whole)) return { options };\n", "  if (fits(1)) return { options };\n"],
    test: [
      "src/runs/start/fit-batch.test.ts",
      "a batch that does not fit is divided into equal pieces, and an update has as many more of them",
    ],
  },
  {
    what: "--auto_find_batch_size halves the batch and does not accumulate",
    file: "src/runs/start/fit-batch.ts",
    undo: ["gradientAccumulationSteps: steps * pieces", "gradientAccumulationSteps: steps"],
    test: ["src/runs/execute.test.ts", "a batch that does not fit in memory is divided, as if that had been asked for"],
  },
  {
    what: "the estimate before the start is that of any batch, not of the largest",
    file: "src/runs/execute.ts",
    undo: ["before + bytesOf(options.perDeviceTrainBatchSize, ", "before + bytesOf(1, "],
    test: ["src/runs/execute.test.ts", "the estimate of memory is that of the largest batch"],
  },
  {
    what: "the estimate leaves out dropout masks and what else is fed",
    file: "src/training/step/host-step.ts",
    undo: ["return own + fed + 1.15", "return own + 1.15"],
    test: [
      STEP,
      "what a step is said to take counts all of it: weights, gradients and moments, what is fed, and its graph's values",
    ],
  },
  {
    what: "the estimate leaves out AdamW's moments",
    file: "src/training/step/host-step.ts",
    undo: ["(trainable ? copies : 1)", "(trainable ? 2 : 1)"],
    test: [
      STEP,
      "what a step is said to take counts all of it: weights, gradients and moments, what is fed, and its graph's values",
    ],
  },
  {
    what: "memory grows with the updates",
    file: "src/training/step/host-step.ts",
    undo: ["        memory.release(mark);\n", ""],
    test: [STEP, "a training step in host memory", "memory does not grow with the updates"],
  },
  {
    what: "a run whose events nobody reads grows without bound",
    file: "src/api/event-queue.ts",
    undo: ["    if (this.#kept.length > MOST_KEPT) this.#forget();\n", ""],
    test: [
      "src/api/event-queue.test.ts",
      "events that nobody reads are kept up to a bound: the oldest progress is forgotten, the newest and all else stay",
    ],
  },
  {
    what: "events of one kind that is no progress grow without bound",
    file: "src/api/event-queue.ts",
    undo: ["    if (this.#kept.length > MOST_KEPT) this.#kept = this.#kept.slice(-MOST_KEPT / 2);\n", ""],
    test: [
      "src/api/event-queue.test.ts",
      "events of one kind only that are no progress are bounded too, the oldest forgotten first",
    ],
  },
];
