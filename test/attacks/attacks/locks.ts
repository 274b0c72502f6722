import type { Attack } from "../attack.ts";

const LOCK = "src/files/folder-lock-node.ts";
const TEST = "src/files/folder-lock.test.ts";

/** Two processes that work in one folder at once. */
export const locks: readonly Attack[] = [
  {
    what: "two trainings with one --output_dir both say that they saved",
    file: LOCK,
    undo: [
      "    const path = join(folder, FOLDER_LOCK);\n    const lock",
      "    const path = join(folder, FOLDER_LOCK);\n    if (path) return { lost: false, release() {} };\n    const lock",
    ],
    test: ["src/cli/output-folder.test.ts", "two at once in one folder: the second is refused before it does anything"],
  },
  {
    what: "two studies write into one folder",
    file: "src/studies/stores/store-folder-node.ts",
    undo: ["if (!this.#kept) this.#lock =", "if (!this.#kept && this.#opened) this.#lock ="],
    test: [
      "src/studies/stores/store-folder.test.ts",
      "one process at a time",
      "a folder that another opening works on is refused, and free once it is closed",
    ],
  },
  ...["train", "pretrain"].map((name) => ({
    what: `${name}() writes into a folder of checkpoints that another training writes into`,
    file: "src/api/in-checkpoints-node.ts",
    undo: [
      'const lock = lockFolder(folder, { code: "file/busy", what: "training" });',
      "const lock = { lost: false, release() {} };",
    ] as const,
    test: [
      "src/api/in-checkpoints.test.ts",
      `${name}: while another training writes checkpoints there, it is refused before anything is read; else it leaves no trace`,
    ] as const,
  })),
  {
    what: "eval, audit, bench and study work in one folder at once",
    file: "src/cli/in-output-folder.ts",
    undo: ['const lock = lockFolder(folder, { code: "file/busy", what });', "const lock = { lost: false, release() {} };"],
    test: ["src/cli/in-output-folder.test.ts", "a folder that another process works in is refused before the work begins"],
  },
  {
    what: "two models are saved into one folder at once",
    file: "src/files/replace-files-node.ts",
    undo: [
      'const lock = lockFolder(folder, { code: "file/busy", what: "writer" });',
      "const lock = { lost: false, release() {} };",
    ],
    test: [
      "src/files/replace-files.test.ts",
      "writeOwnFiles",
      "keeps the folder for itself meanwhile, unless the process keeps it already",
    ],
  },
  {
    what: "a folder stays locked after a crash",
    file: "src/files/process-node.ts",
    undo: [
      '  if (!isProcessAlive(pid)) return "gone";\n  const now = startOf(pid);',
      '  if (!isProcessAlive(pid)) return "lives";\n  const now = startOf(pid);',
    ],
    test: [TEST, "a busy folder is refused at once, naming the owner; one whose owner was killed is not"],
  },
  {
    what: "another process that has the number of a dead owner keeps the folder locked",
    file: "src/files/process-node.ts",
    undo: ['return now === start ? "lives" : "gone";', 'return "lives";'],
    test: [
      TEST,
      "an owner on this machine that lives counts however long it is silent; an earlier process of its number does not",
    ],
  },
  {
    what: "a lock gives no sign of life",
    file: "src/files/lock-node.ts",
    undo: ["      beat(file);\n", "      statSync(file);\n"],
    test: [TEST, "its owner's beats are counted; it learns that it was taken over, and then leaves the lock alone"],
  },
  {
    what: "the lock of another machine is taken over though it beats, as a clock jumped",
    file: LOCK,
    undo: ["if (look(path)?.beat !== found.beat) return false;", "if (!look(path)) return false;"],
    test: [TEST, "no clock that jumps ends the lock of another machine's owner that beats: not hours ahead, not hours behind"],
  },
  {
    what: "the lock of another machine that is gone stays for good",
    file: LOCK,
    undo: ["if (look(path)?.beat !== found.beat) return false;", "if (look(path)) return false;"],
    test: [TEST, "an owner on another machine that was silent for minutes is watched, and loses its lock if it stays silent"],
  },
  {
    what: "a training that lost its folder to another machine goes on writing checkpoints",
    file: "src/training/checkpoints/checkpoint-storage-node.ts",
    undo: ["      checkNotTaken(folder);\n", ""],
    test: [
      "src/training/checkpoints/checkpoints.test.ts",
      "a folder on disk",
      "a folder that another process has taken over gets no more checkpoints of this one",
    ],
  },
];
