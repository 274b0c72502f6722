import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DataInspection, FileInspection } from "../../data/index.ts";
import { parseArguments } from "../parse-arguments.ts";
import { runCommand } from "../run-command.ts";
import { VERBS } from "../verbs.ts";
import { commandLines, trainCommand } from "./inspect.ts";
import { rowsOf, wrap } from "./inspect-lines.ts";
import { train } from "./train.ts";

async function run(...argv: string[]) {
  let stdout = "";
  let stderr = "";
  const code = await runCommand({
    argv: ["inspect", ...argv],
    verbs: VERBS,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    version: "1.2.3",
    listenForSignals: () => new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const FILE: FileInspection = {
  ...{ name: "a.csv", format: "csv", rows: 1, columns: [], classes: [], spellings: [] },
  bad: { rows: 0, reasons: {}, first: [] },
};
const FIRST = "Wo bleibt das Geld für meine Bestellung von gestern, bitte?";
const TICKETS = `Text;Label;Note
${FIRST};Refund;
wo bleibt das geld  für meine bestellung von gestern bitte;refund ;x
Wann kommt das Paket;Delivery;
no cells
;Delivery;x
Wann kommt der Brief aus Übersee;Delivery;
`;

describe("crisp inspect", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "crisp inspect-"));
    await writeFile(join(folder, "it's tickets.csv"), Buffer.from(TICKETS, "latin1"));
    await writeFile(join(folder, "dev.csv"), `Text;Label\n${FIRST};Refund\nEs brennt;Fire\n`);
  });
  after(() => rm(folder, { recursive: true }));

  test("columns that cannot be guessed are named by the options of the command line", async () => {
    const data = join(folder, "two-labels.csv");
    await writeFile(data, "text,tone,source\nWo ist es?,bad,mail\nDanke!,good,chat\nUnd jetzt?,bad,chat\nSehr gut.,good,mail\n");
    const { code, stdout } = await run(data);
    assert.equal(code, 1);
    assert.match(
      stdout.replace(/\s+/g, " "),
      /expected one column that must be the label, got "tone" or "source".*Name it with --label_column_name\./,
    );
    assert.match(stdout, /--label_column_name LABEL/);
  });

  test("says what a file holds, marks what to look at, and ends with the training that follows", async () => {
    const data = join(folder, "it's tickets.csv");
    const dev = join(folder, "dev.csv");
    const { code, stdout, stderr } = await run(data, "--validation_file", dev);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const line of [
      "! file       CSV with semicolons between cells · windows-1252 (guessed) · 4 rows",
      "  columns    text=Text label=Label",
      "             not read: Note",
      "  gaps       empty cells: Text 1, Note 3",
      "! bad rows   1 with a wrong number of cells, 1 with no text",
      "             line 5 (1 cell), line 6 (no text)",
      '! spellings  "Refund" 1, "refund " 1: they train as 2 classes',
      "  repeats    1 row repeats an earlier one (line 3 = line 2)",
      "! conflicts  1 text with different labels, in 2 rows",
      "             refund (line 3)",
      "! bad rows   1 with an unknown label",
      "! leaks      1 row stands in it's tickets.csv too (line 2 = line 2)",
    ])
      assert.ok(stdout.split("\n").includes(line), `${line}\nin\n${stdout}`);
  });
  test("the command parses as crisp train's, through a shell too", async () => {
    const data = join(folder, "it's tickets.csv");
    const { stdout } = await run(data, "--text_column_name", "Text");
    const lines = stdout.slice(stdout.indexOf("  crisp train"));
    const shell = execFileSync("bash", ["-c", lines.replace("crisp train", "printf '%s\\n'")], { encoding: "utf8" });
    const { options, positionals } = parseArguments("crisp train", shell.trimEnd().split("\n"), train.options);
    assert.deepEqual(positionals, [data]);
    const { modelNameOrPath, encoding, skipBadRows, textColumnName } = options;
    assert.deepEqual([modelNameOrPath, encoding, skipBadRows, textColumnName], ["MODEL", undefined, true, ["Text"]]);
  });
  test("--json is one record, with the command as arguments", async () => {
    const { stdout, stderr } = await run(join(folder, "it's tickets.csv"), "--json");
    const record = JSON.parse(stdout);
    assert.deepEqual([record.files[0].rows, record.files[0].bad.rows, record.leaks], [4, 2, []]);
    assert.deepEqual(record.command.slice(0, 2), ["crisp", "train"]);
    assert.match(stderr, /spellings/);
  });
  test("80 columns are kept, and control characters stay in the file, whatever it holds", async () => {
    const odd = `${"wide ".repeat(30)}\u001b[31m\u009b`;
    const rows = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ [odd]: `${odd}${i} ${"y".repeat(200)}`, label: `${odd}${i % 30}` }),
    );
    const path = join(folder, "odd.jsonl");
    await writeFile(path, `${rows.join("\n")}\n${JSON.stringify({ [odd]: `${odd}0 ${"y".repeat(200)}`, label: `${odd}9` })}\n`);
    const { code, stdout } = await run(path, "--text_column_name", odd);
    assert.equal(code, 0);
    const page = stdout.slice(0, stdout.indexOf("\nnext"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(page, /[\u0000-\u0009\u000b-\u001f\u007f-\u00a0]/);
    for (const line of page.split("\n")) assert.ok(line.length <= 80, line);
  });
  test("columns that cannot be told leave places in the command, and an exit code of 1", async () => {
    const path = join(folder, "two.tsv");
    await writeFile(path, "a\tb\nfine words of some length\tmore words of some length\n");
    const { code, stdout } = await run(path);
    assert.equal(code, 1);
    assert.match(stdout, /! columns {4}two\.tsv: expected one column that must be the text/);
    assert.match(stdout, /--text_column_name TEXT/);
  });
});

test("classes too rare to be learned are named, rare or not beside the others", () => {
  const classes = [9, 4, 3, 1].map((count, at) => ({ label: "abcd"[at], count }));
  const rows = (advice: { readonly classWeights?: "balanced" }, given = classes) =>
    rowsOf({ files: [{ ...FILE, classes: given }], leaks: [], advice }, 0).find(({ name }) => name === "classes")!;
  for (const advice of [{}, { classWeights: "balanced" }] as const) {
    const { lines, asks } = rows(advice);
    assert.equal(asks, true);
    assert.match(lines.at(-1)!, /^seen fewer than 4 times: c 3, d 1; label more of them/);
  }
  assert.equal(rows({}, classes.slice(0, 2)).asks, false);
});

test("words stay whole where they fit, and long commands are broken between options", () => {
  assert.deepEqual(wrap("aa bb cc", 5), ["aa bb", "cc"]);
  assert.deepEqual(commandLines(["crisp", "train", "a b.csv", "--model", "m", "--encoding", "utf-8"]), [
    "  crisp train 'a b.csv' --model m --encoding utf-8",
  ]);
  const long = "x".repeat(50);
  assert.deepEqual(commandLines(["crisp", "train", long, "--model", long]), [`  crisp train ${long} \\`, `    --model ${long}`]);
});

test("the command has no option that equals what training chooses", () => {
  const advice = { encoding: "windows-1252", maxLength: 256, longTexts: "head_tail", classWeights: "balanced" } as const;
  const command = (onDisk: boolean) =>
    trainCommand("a.csv", { advice, files: [FILE] }, { modelNameOrPath: "m" }, onDisk).slice(3);
  assert.deepEqual(command(false), ["--model", "m", "--class_weights", "balanced"]);
  const options = [
    "--encoding",
    "windows-1252",
    "--class_weights",
    "balanced",
    "--max_seq_length",
    "256",
    "--long_texts",
    "head_tail",
  ];
  assert.deepEqual(command(true), ["--model", "m", ...options]);
});

test("long texts: what is read of them is proposed, chunks of one text only, and block attention from 512 tokens on", () => {
  const cut = [64, 128, 256, 512].map((limit) => ({ limit, share: 0.4 }));
  const lengths = { unit: "tokens", texts: 1, median: 500, p90: 900, p95: 950, longest: 1000, cut } as const;
  const rows = (taken: FileInspection["taken"], advice: DataInspection["advice"]): string =>
    rowsOf({ files: [{ ...FILE, taken, lengths }], leaks: [], advice }, 0)
      .filter(({ name }) => name === "long")
      .flatMap(({ lines }) => lines)
      .join("\n");
  const advice = { maxLength: 512, longTexts: "head_tail" } as const;
  assert.match(rows({ text: "text" }, advice), /\(--long_texts head_tail\); --long_texts chunks reads all of them/);
  assert.match(
    rows({ text: "text" }, advice),
    /--attention 'block\(sparsity=0\.8, size=128\)': over 512 tokens attention is expected to be 1\.7/,
  );
  assert.doesNotMatch(rows({ text: "a", pair: "b" }, advice), /chunks/);
  assert.equal(rows({ text: "text" }, { maxLength: 256 }), "");
});
