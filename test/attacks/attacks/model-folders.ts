import type { Attack } from "../attack.ts";

const WHOLE = "src/files/whole-folder-node.ts";
const SETS = "src/files/replace-files-node.ts";
const REPLACED = "src/files/replace-files.test.ts";
const KILLED =
  "a model that is replaced by another is one of the two, whichever step the process is killed at, and can be replaced again";
const EDITED = ["test/export/whole-model.test.ts", "a saved folder of which a file was edited"] as const;
const REFUSES = "refuses a file that is missing, longer, or edited, and says what to do";
const UNLISTED = [
  "for (const [name, facts] of Object.entries(listOf(folder))) {",
  "for (const [name, facts] of Object.entries({} as Manifest)) {",
] as const;

/** Folders that hold a part of one model and a part of another. */
export const modelFolders: readonly Attack[] = [
  {
    what: "killed between two renames, an overwrite leaves new weights under old label names",
    file: SETS,
    undo: ["existsSync(join(folder, NEXT, OWN_FILES));", "existsSync(join(folder, NEXT, OWN_FILES, folder));"],
    test: [REPLACED, KILLED],
  },
  {
    what: "the list of a model's files is written before they are moved in",
    file: SETS,
    undo: [
      "  const touched = new Set([folder]);\n",
      "  const touched = new Set([folder]);\n  renameSync(join(folder, NEXT, OWN_FILES), join(folder, OWN_FILES));\n",
    ],
    test: [REPLACED, KILLED],
  },
  {
    what: "what a killed process staged in part stays in the folder for good",
    file: SETS,
    undo: [
      "    if (STAGING.test(name)) discard(join(folder, name));\n",
      "    if (name === folder) discard(join(folder, name));\n",
    ],
    test: [REPLACED, KILLED],
  },
  {
    what: "what was staged and then damaged is moved in",
    file: SETS,
    undo: ["if (!isAsWritten(staged, facts)) {", "if (isAsWritten(staged, facts) === undefined) {"],
    test: [
      REPLACED,
      "a model that is replaced by another",
      "half-written and then damaged, is refused and says how to get the old one back",
    ],
  },
  {
    what: "a model folder that lacks a file is read",
    file: WHOLE,
    undo: ['if (!found) throw changed(path, folder, "none");', "if (!found) continue;"],
    test: [REPLACED, "checkWhole", REFUSES],
  },
  {
    what: "a model folder with a file of another size is read",
    file: WHOLE,
    undo: ["if (found.size !== facts.size)", "if (found.size < 0)"],
    test: [REPLACED, "checkWhole", REFUSES],
  },
  {
    what: "a model folder with an edited file of the same size is read",
    file: WHOLE,
    undo: ["(verify || found.mtimeMs !== facts.mtimeMs) &&", "verify &&"],
    test: [REPLACED, "checkWhole", REFUSES],
  },
  {
    what: "other bytes of the same size and time are read where hashes were asked for",
    file: WHOLE,
    undo: ["(verify || found.mtimeMs !== facts.mtimeMs) &&", "found.mtimeMs !== facts.mtimeMs &&"],
    test: [REPLACED, "checkWhole", "with verify, finds other bytes of the same size and time"],
  },
  {
    what: "predict and eval take --verify_model and compare no hashes",
    file: "src/api/classifier/classifier-node.ts",
    undo: ["loadModelFolder(path, { verify }); // complains", "loadModelFolder(path); // complains"],
    test: ["test/export/whole-model.test.ts", "weights that differ but have size and time are found when hashes are asked for"],
  },
  ...["predict", "eval", "study"].map((verb) => ({
    what: `${verb} reads a model folder of which a file was edited`,
    file: WHOLE,
    undo: UNLISTED,
    test: [...EDITED, `is refused by crisp ${verb}, in one line`] as const,
  })),
  ...["train", "pretrain", "Classifier.load"].map((name) => ({
    what: `${name} reads a model folder of which a file was edited`,
    file: WHOLE,
    undo: UNLISTED,
    test: [...EDITED, `is refused by ${name}`] as const,
  })),
  {
    what: "serve answers with a model folder of which a file was edited",
    file: WHOLE,
    undo: UNLISTED,
    test: [
      "src/cli/verbs/serve/serve.test.ts",
      "a folder that is not whole, or no model, and options that mean nothing to it end it before it listens",
    ],
  },
  {
    what: "push sends a model folder of which a file was edited",
    file: "src/hub/push-node.ts",
    undo: ["  checkWhole(folder, { names: (name) => name !== MODEL_CARD && !KEPT_HERE.has(name), verify: true });\n", ""],
    test: ["test/hub/push.test.ts", "a folder that Crisp saved goes as it was saved, but its card is anybody's to edit"],
  },
  {
    what: "a model that is replaced while it is read is read half and half",
    file: WHOLE,
    undo: ["if (isHalfWritten(folder) || textOf(folder) !== before) throw", "if (before === folder) throw"],
    test: [REPLACED, "readWhole refuses what it read where the files were replaced meanwhile"],
  },
  {
    what: "a folder from elsewhere, without a list of its files, is refused",
    file: WHOLE,
    undo: ["if (text === undefined) return {};", 'if (text === undefined) throw changed(folder, folder, "no list");'],
    test: [REPLACED, "checkWhole", "takes a folder without a list as it is, and a copy with other times"],
  },
  {
    what: "temporary files of a killed process stay for good",
    file: "src/files/atomic-file-node.ts",
    undo: ['return life === "gone" ||', "return"],
    test: [
      "src/files/atomic-file.test.ts",
      "temporary files of dead processes are swept; those of live ones, and all else, stay",
    ],
  },
  {
    what: "who takes a folder leaves temporary files of a killed process there",
    file: "src/files/folder-lock-node.ts",
    undo: ["    sweepTemporaryFiles(folder);\n", ""],
    test: [
      "src/cli/output-folder.test.ts",
      "--overwrite_output_dir",
      "what a run left that was killed before its first checkpoint goes with the older checkpoints",
    ],
  },
];
