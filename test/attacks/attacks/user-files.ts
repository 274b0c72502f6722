import type { Attack } from "../attack.ts";

const OWN = "src/cli/own-files.test.ts";
const stops = (name: string, how = ""): string =>
  `stops before it begins where something else is ${name}${how}, names it, and touches nothing`;
const TYPO = "a mistyped data file costs nothing that is there, with --overwrite_output_dir";
const OVERWRITTEN = ["src/cli/output-folder.test.ts", "--overwrite_output_dir"] as const;
const SETS = "src/files/own-files-node.ts";
const STORE = "src/studies/stores/store-folder-node.ts";
const REFUSED = ["for (const name of files.keys()) checkOwn(folder, name, before);", ""] as const;

/** Files that are lost, the user's own or hours of work. */
export const userFiles: readonly Attack[] = [
  ...["train", "pretrain"].map((verb) => ({
    what: `${verb} --overwrite_output_dir with a mistyped file name costs the old checkpoints`,
    file: "src/cli/output-folder.ts",
    undo: [
      "  if (resumed) checkKeptCommand(checkpoints);\n",
      "  if (resumed) checkKeptCommand(checkpoints);\n  else for (const place of older) removeCheckpoints(place);\n",
    ] as const,
    test: [OWN, `crisp ${verb}`, TYPO] as const,
  })),
  {
    what: "train --overwrite_output_dir removes checkpoints/ with all that lies in it",
    file: "src/cli/output-folder.ts",
    undo: ["      removeCheckpoints(place);\n", "      rmSync(place, { recursive: true });\n"],
    test: [...OVERWRITTEN, "old checkpoints stay until the new run has something whole; then they go, and people's files stay"],
  },
  {
    what: "old checkpoints and phases go before the new run has one that is whole",
    file: "src/cli/output-folder.ts",
    undo: ['if (type === "saved") removeOlder();', 'if (type === "phase") removeOlder();'],
    test: [
      "src/cli/output-folder.test.ts",
      "a run of several phases",
      "keeps its phases until the run that takes its place has something whole; people's files stay",
    ],
  },
  {
    what: "a file that has the name of a checkpoint goes as one",
    file: "src/training/checkpoints/checkpoint-storage-node.ts",
    undo: ["CHECKPOINT_FILE.test(name) && isCheckpoint(join(folder, name))", "CHECKPOINT_FILE.test(name)"],
    test: [...OVERWRITTEN, "old checkpoints stay until the new run has something whole; then they go, and people's files stay"],
  },
  {
    what: "train adds its events to a user's file",
    file: "src/runs/log/log-file-node.ts",
    undo: ["if (!found || (found.isFile() && found.size === 0) || isRunLog(path)) return;", "if (found !== null) return;"],
    test: [OWN, "crisp train", stops("checkpoints/run.log.jsonl", ", with --overwrite_output_dir")],
  },
  ...["train README.md", "pretrain config.json"].map((each) => {
    const [verb, name] = each.split(" ");
    return {
      what: `${verb} finds out after hours that the folder holds a user's ${name}`,
      file: "src/cli/output-folder.ts",
      undo: ["  checkOwnFiles(path, TRAINING_FILES);\n", ""] as const,
      test: [OWN, `crisp ${verb}`, stops(name, ", with --overwrite_output_dir")] as const,
    };
  }),
  {
    what: "a training without --overwrite_output_dir mixes its files with those of the folder",
    file: "src/cli/output-folder.ts",
    undo: ["  if (holds.length === 0) return;\n", "  if (holds.length >= 0) return;\n"],
    test: [OWN, "crisp train", stops("notes.txt")],
  },
  {
    what: "study --overwrite_output_dir removes runs/ of any folder, other studies in it too",
    file: STORE,
    undo: [
      '    checkWritable(join(this.#folder, "runs"));\n',
      '    if (this.#overwrite) rmSync(join(this.#folder, "runs"), { recursive: true });\n    checkWritable(join(this.#folder, "runs"));\n',
    ],
    test: ["src/studies/stores/store-folder.test.ts", "overwriting", "touches nothing that is not listed in study.json"],
  },
  {
    what: "study --overwrite_output_dir removes results before there are new ones",
    file: STORE,
    undo: [
      "    if (!found) return fresh;\n",
      "    if (!found) return fresh;\n    if (this.#overwrite) for (const name of names) rmSync(this.#result(name), { force: true });\n",
    ],
    test: [
      "src/studies/stores/store-folder.test.ts",
      "overwriting",
      "keeps each old result, log and checkpoint until a new result takes its place",
    ],
  },
  {
    what: "study takes a user's file for a result of its own",
    file: STORE,
    undo: [
      "    for (const name of names) {\n      const stranger",
      "    for (const name of names.slice(names.length)) {\n      const stranger",
    ],
    test: [
      "src/studies/stores/store-folder.test.ts",
      "files of other origin that have the names of a study's are refused, overwriting or not, and stay",
      "a run that a finished study is asked to add",
    ],
  },
  {
    what: "study finds out after all runs that the folder holds a user's report.html",
    file: "src/cli/verbs/study.ts",
    undo: ["files: [REPORT, ACROSS]", "files: [ACROSS]"],
    test: [OWN, "crisp study", stops("report.html")],
  },
  {
    what: "study finds out after all runs that the folder holds a user's results.json",
    file: "src/cli/verbs/study.ts",
    undo: ["      checkOwnFiles(own, RESULT_FILES);\n      if (!trials) continue;\n", "      if (!trials) continue;\n"],
    test: [OWN, "crisp study", stops("results.json")],
  },
  ...["eval errors.csv", "audit audit.csv", "bench bench.html"].map((each) => {
    const [verb, name] = each.split(" ");
    return {
      what: `${verb} finds out after its work that the folder holds a user's ${name}`,
      file: "src/cli/in-output-folder.ts",
      undo: ["      checkOwnFiles(folder, files);\n", ""] as const,
      test: [OWN, `crisp ${verb}`, stops(name)] as const,
    };
  }),
  {
    what: "predict --output_file replaces a user's file",
    file: "src/files/atomic-file-node.ts",
    undo: ["  if (isThere(path)) throw exists();\n  if (existsSync", "  if (existsSync"],
    test: [OWN, "crisp predict", stops("out.csv")],
  },
  {
    what: "predict --output_file replaces a file that came while it worked",
    file: "src/files/atomic-file-node.ts",
    undo: ["linkSync(temp, path);", "renameSync(temp, path);"],
    test: ["src/files/atomic-file.test.ts", "growingFile", "a file that is there stays, also one that came meanwhile"],
  },
  {
    what: "a model is saved over a file that somebody made or changed",
    file: SETS,
    undo: REFUSED,
    test: [
      "src/files/own-files.test.ts",
      "writeOwnFiles",
      "a file that people made or changed is refused before anything is written",
    ],
  },
  {
    what: "a file passes for Crisp's own by its name and size",
    file: "src/files/manifest-node.ts",
    undo: ["found.size === known.size && hashOf(path) === known.sha256", "found.size === known.size"],
    test: [
      "src/files/own-files.test.ts",
      "writeOwnFiles",
      "obsolete files go if they are as it wrote them, and stay if they are not",
    ],
  },
  {
    what: "a link passes for a file that Crisp wrote",
    file: "src/files/manifest-node.ts",
    undo: ["import { closeSync, lstatSync, openSync,", "import { closeSync, statSync as lstatSync, openSync,"],
    test: [
      "src/files/replace-files.test.ts",
      "writeOwnFiles",
      "takes no link for a file of Crisp, whatever it leads to; nor a link to a folder",
    ],
  },
  {
    what: "a list of own files that comes with a folder names files outside of it",
    file: "src/files/manifest-node.ts",
    undo: ["filter(([name, facts]) => isInside(name) && isFacts(facts))", "filter(([, facts]) => isFacts(facts))"],
    test: [
      "src/files/replace-files.test.ts",
      "a list that names files outside its folder moves nothing there, and what nobody staged is somebody else's",
    ],
  },
];
