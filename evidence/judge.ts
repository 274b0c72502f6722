// docs/claims.md applied to evidence/results: node evidence/judge.ts
// Writes the generated part of docs/results/README.md, docs/results/verdicts.json and docs/results/primary.svg.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { type Cell, cellNames, RESULTS, readCell } from "./cell-files.ts";
import { primary, TASKS } from "./claims/claim.ts";
import { type Judgement, judge } from "./claims/judgement.ts";
import { forestPlot, type Group } from "./page/forest-plot.ts";
import { withResults } from "./page/results-page.ts";

const PAGES = join(import.meta.dirname, "../docs/results");

/** Digits that are kept in `verdicts.json`. */
const DIGITS = 6;

/** All cells of a folder of results, in the order of docs/claims.md: those of the primary grid first. */
export function readCells(folder = RESULTS): Cell[] {
  const names = cellNames(folder);
  const first = TASKS.map(primary).filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))].map((name) => readCell(name, folder)!);
}

/** Files of docs/results by name, from the cells and the page as it is. */
export function resultFiles(cells: readonly Cell[], page: string): Map<string, string> {
  const judgement = judge(cells);
  const round = (_: string, value: unknown): unknown => (typeof value === "number" ? Number(value.toFixed(DIGITS)) : value);
  const groups = forestGroups(judgement);
  return new Map([
    ["README.md", withResults(page, judgement, cells)],
    ["verdicts.json", `${JSON.stringify(judgement, round, 1)}\n`],
    ...(groups.length > 0 ? [["primary.svg", forestPlot(groups)] as const] : []),
  ]);
}

/** The three arms of claim 2, and the exploratory ones beneath them, a group a task. */
function forestGroups({ claims, explored }: Judgement): Group[] {
  const named = claims.find(({ claim }) => claim === 2)!;
  return named.verdicts.map(({ where, findings }) => ({
    title: where.replace("primary/", ""),
    rows: [...findings, ...explored.filter((each) => each.where === where)],
  }));
}

export const pagePath = join(PAGES, "README.md");

if (import.meta.filename === argv[1]) {
  const files = resultFiles(readCells(), readFileSync(pagePath, "utf8"));
  const encoder = new TextEncoder();
  writeFilesAtomically(PAGES, new Map([...files].map(([name, text]) => [name, [encoder.encode(text)]])));
  const { claims } = JSON.parse(files.get("verdicts.json")!) as Judgement;
  for (const { claim, verdicts, notRun } of claims) {
    for (const { where, word } of verdicts) console.log(`claim ${claim}, ${where}: ${word}`);
    if (notRun.length > 0) console.log(`claim ${claim}, ${notRun.join(", ")}: not run`);
  }
}
