import type { Attack } from "../attack.ts";

const WATCHED = "src/data/stream/watched-source-node.ts";
const WATCHES = ["src/data/stream/watched-source.test.ts", "watchedSource"] as const;
const RUN = [
  "src/runs/execute.test.ts",
  "streamed data that changed are refused: between two looks, while they are read, and when the run is continued",
] as const;

/** Data on the disk that change while they are trained on. */
export const streamedData: readonly Attack[] = [
  {
    what: "texts and labels that change during a run pass, with the old size and time",
    file: WATCHED,
    undo: ['Number.parseInt(hash("sha256", segment, "hex").slice(0, 12), 16)', "segment.length + hash.length"],
    test: [...WATCHES, "refuses bytes that are others than before, also with the old size and time, and no others"],
  },
  {
    what: "a file that becomes longer or shorter during a run passes",
    file: WATCHED,
    undo: ["if (now !== size) throw", "if (now < 0) throw"],
    test: [...WATCHES, "refuses a file that became longer or shorter; one that was but touched is the same"],
  },
  {
    what: "a block that is read again is not compared",
    file: WATCHED,
    undo: ["if (seen[first + at] !== UNREAD && seen[first + at] !== found)", "if (found === UNREAD)"],
    test: [
      "src/data/stream/watched-source.test.ts",
      "a streamed dataset",
      "refuses a block whose text was edited in place: as many rows, as many bytes",
    ],
  },
  {
    what: "streamed data are known by their size alone",
    file: WATCHED,
    undo: [".update(new Uint8Array(seen.buffer))", ""],
    test: [
      "src/data/stream/watched-source.test.ts",
      "a streamed dataset",
      "has a fingerprint of its content: an edit that leaves rows, labels and size as they are changes it",
    ],
  },
  {
    what: "data that change between the look through them and the run pass",
    file: "src/runs/execute.ts",
    undo: ["if (train.fingerprint === undefined || train.fingerprint === dataset.fingerprint) return", "if (dataset) return"],
    test: RUN,
  },
  {
    what: "changed texts and labels pass a resume",
    file: "src/runs/execute.ts",
    undo: ["data: `${train.fingerprint()} ", "data: `"],
    test: RUN,
  },
  {
    what: "a resume on changed data is refused with two hashes, not in words",
    file: "src/training/checkpoints/run-description.ts",
    undo: ["if (where === DATA) {", "if (where === path) {"],
    test: RUN,
  },
];
