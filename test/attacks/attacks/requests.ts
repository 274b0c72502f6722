import type { Attack } from "../attack.ts";

const SLOW = "src/data/tokenize/slow-pattern.ts";
const REFUSED = "expressions that may take endless time are refused";

/** A tokenizer, a hub or a folder that keeps the command busy, hears its token, or ends it in an error that nobody foresaw. */
export const requests: readonly Attack[] = [
  ...["as a Split", "as a Replace in a Sequence"].map((name) => ({
    what: `a regular expression of tokenizer.json takes endless time ${name}`,
    file: "src/data/tokenize/repair-tokenizer.ts",
    undo: ["  if (why === undefined) return;\n", "  if (why !== written) return;\n"] as const,
    test: [
      "src/data/tokenize/slow-pattern.test.ts",
      "a tokenizer.json with such an expression is refused, and not run",
      name,
    ] as const,
  })),
  {
    what: "a repeated group that matches a text in several ways passes",
    file: SLOW,
    undo: ["if (!rule.repeatsAreSound(tree))", "if (!rule)"],
    test: ["src/data/tokenize/slow-pattern.test.ts", REFUSED, "(a+)+$"],
  },
  {
    what: "many repeats of one character behind each other pass",
    file: SLOW,
    undo: ['if (Math.max(0, ...rule.most(tree, "repeats")) > MOST_REPEATS)', "if (MOST_REPEATS < 0)"],
    test: ["src/data/tokenize/slow-pattern.test.ts", REFUSED, "a*a*a*b"],
  },
  {
    what: "many optional parts of one character behind each other pass",
    file: SLOW,
    undo: ['if (Math.max(0, ...rule.most(tree, "optional")) > MOST_OPTIONAL)', "if (MOST_OPTIONAL < 0)"],
    test: ["src/data/tokenize/slow-pattern.test.ts", REFUSED, "a?".repeat(20)],
  },
  {
    what: "an answer of a hub's API that does not end fills the memory",
    file: "src/hub/request.ts",
    undo: ["if (bytes > MOST_ANSWER_BYTES) throw", "if (bytes < 0) throw"],
    test: ["src/hub/request.test.ts", "an answer that does not end is refused after 16 MB, at once and without another try"],
  },
  {
    what: "a token goes over plain http to another machine",
    file: "src/hub/request.ts",
    undo: [
      "  if (withToken && !settings.sendsTokenOverHttp && !keepsSecrets(settings.endpoint)) throw tokenInClear(subject);\n",
      "",
    ],
    test: ["src/hub/request.test.ts", "a token never goes over plain http to another machine, unless the user insists"],
  },
  {
    what: "a token goes along with a redirect to another host",
    file: "src/hub/redirects.ts",
    undo: ["    if (url.origin === home) {\n", "    if (url.origin !== start) {\n"],
    test: ["src/hub/request.test.ts", "a redirect to another host is followed without the token, and back home with it"],
  },
  {
    what: "an output folder that is a file is an unexpected error",
    file: "src/files/system-error-node.ts",
    undo: [
      "  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;\n",
      '  if (code !== "ENOENT") return error;\n',
    ],
    test: ["src/cli/in-output-folder.test.ts", "a file where the folder should be is one line"],
  },
  {
    what: "a training's output folder that is a file is an unexpected error",
    file: "src/files/system-error-node.ts",
    undo: [
      "  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;\n",
      '  if (code !== "ENOENT") return error;\n',
    ],
    test: ["src/cli/output-folder.test.ts", "an output folder that is a file, or below one, is one line"],
  },
  {
    what: "a disk that refuses a change is an unexpected error",
    file: "src/cli/run-command.ts",
    undo: ["const told = explainChange(thrown);", "const told = thrown;"],
    test: ["src/cli/run-command.test.ts", "a disk that cannot be written is no unexpected error, wherever it showed"],
  },
  {
    what: "advice names an option that no command has",
    file: "src/data/table/split.ts",
    undo: ['"Add examples, or give a validation file.",', '"Add examples, or give a lower --held_out_share.",'],
    test: ["src/cli/advice.test.ts", "every option that a message names is one of a command"],
  },
];
