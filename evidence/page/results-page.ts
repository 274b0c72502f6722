// The generated part of docs/results/README.md.
import type { Cell } from "../cell-files.ts";
import { type JudgedClaim, SPARSEST } from "../claims/claim.ts";
import type { Finding } from "../claims/comparisons.ts";
import type { Explored } from "../claims/exploratory.ts";
import type { ArmMeans, CellMeans, Judgement } from "../claims/judgement.ts";
import { saved, topKSparsity } from "../claims/operations.ts";
import { estimate, hours, nats, percent, points, table } from "./words.ts";

const [BEGIN, END] = ["<!-- results: made by node evidence/judge.ts -->", "<!-- end of results -->"];

/** The page with these results in the place of those that it had. */
export function withResults(page: string, judgement: Judgement, cells: readonly Cell[]): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest.split(END);
  return [before, BEGIN, "\n\n", resultLines(judgement, cells).join("\n"), "\n\n", END, after].join("");
}

function resultLines(judgement: Judgement, cells: readonly Cell[]): string[] {
  const { claims, explored, otherReading, glueFigures } = judgement;
  return [
    "## Verdicts",
    "",
    ...table(
      ["", "claim", "where", "verdict"],
      [...claims.filter(before8), COUNTED, ...claims.filter((each) => !before8(each))].flatMap(verdictRows),
    ),
    ...(judgement.cells.some(({ cell }) => cell.startsWith("primary/")) ? ["", "![Differences to dense](primary.svg)"] : []),
    ...section("## Every difference", claims.length === 0 ? [] : findingTable(claims)),
    ...section("## The arms", judgement.cells.flatMap(armTable)),
    ...section("## Claim 8: operations", operations(judgement)),
    ...section(
      "## The other reading: ranking over padded positions",
      exploredTable(otherReading),
      "No verdict word, as the claims say.",
    ),
    ...section("## Exploratory", exploredTable(explored), "No verdict words, and 95 % intervals that are not corrected."),
    ...(judgement.notExplored.length > 0 ? ["", `Not run yet: ${judgement.notExplored.join(", ")}.`] : []),
    ...section(
      "### GLUE's own figures",
      table(
        ["task", "figure", "arm", "mean over seeds"],
        glueFigures.map(({ where, figure, arm, mean }) => [where, figure, arm, (100 * mean).toFixed(2)]),
      ),
      "Exploratory; times 100.",
    ),
    ...section("## Cost", costTable(cells)),
  ];
}

const section = (title: string, lines: readonly string[], first?: string): string[] => [
  "",
  title,
  "",
  ...(lines.length === 0 ? ["Not run yet."] : [...(first ? [first, ""] : []), ...lines]),
];

/** Claim 8 has no verdict word. */
const COUNTED = { claim: 8, text: "20 % fewer operations a layer", verdicts: [], notRun: [], instead: "counted, see below" };
const before8 = ({ claim }: JudgedClaim): boolean => claim < COUNTED.claim;

function verdictRows({ claim, text, verdicts, notRun, instead }: JudgedClaim & { readonly instead?: string }): string[][] {
  const rows = verdicts.map(({ where, word, findings }) => {
    const why = findings.find((finding) => finding.why)?.why;
    return [where, `**${word}**${why ? ` (${why})` : ""}`];
  });
  const rest = notRun.length > 0 ? [[notRun.join(", "), "not run"]] : [];
  const all = instead === undefined ? [...rows, ...rest] : [["", instead]];
  return all.map((cells, at) => [at === 0 ? `${claim}` : "", at === 0 ? text : "", ...cells]);
}

function findingTable(claims: readonly JudgedClaim[]): string[] {
  const power = (finding: Finding, at: number): string => (finding.power ? percent(finding.power[at].power) : "");
  const rows = claims.flatMap(({ claim, verdicts }) =>
    verdicts.flatMap(({ where, findings }) =>
      findings.map((finding) => [
        ...[`${claim}`, where, finding.what, estimate(finding), percent(finding.level, 1)],
        ...[inBrackets(finding), finding.unit, `${finding.seeds}`],
        finding.effectiveSparsity === undefined ? "" : percent(finding.effectiveSparsity, 1),
        ...[power(finding, 0), power(finding, 1), finding.word],
      ]),
    ),
  );
  const head = ["", "where", "difference", "mean and interval", "level", "90 % interval", "unit", "seeds", "effective sparsity"];
  return table([...head, "power at +0.97", "at +0.5", "word"], rows);
}

function inBrackets({ unit, low90, high90 }: Finding): string {
  const print = unit === "points" ? points : nats;
  return `${print(low90)}, ${print(high90)}`;
}

function armTable({ cell, texts, majority, arms }: CellMeans): string[] {
  const [{ seeds }] = arms;
  const columns = [
    "arm",
    "effective sparsity",
    "accuracy %",
    "loss",
    "loss at fitted temperature",
    "temperature",
    "training loss",
  ];
  return [
    `**${cell}**: ${texts.toLocaleString("en")} texts, larger class ${majority.toFixed(2)} %, ${seeds} seeds; ± is the standard deviation over seeds.`,
    "",
    ...table([...columns, "gap", "seconds (median)"], arms.map(armRow)),
    "",
  ];
}

const armRow = (arm: ArmMeans): string[] => [
  `${arm.arm}${arm.diverged > 0 ? ` (${arm.diverged} diverged)` : ""}`,
  percent(arm.effectiveSparsity, 1),
  `${arm.accuracy.toFixed(2)} ± ${arm.accuracyDeviation.toFixed(2)}`,
  arm.loss.toFixed(4),
  arm.lossAtTemperature?.toFixed(4) ?? "",
  arm.temperature?.toFixed(2) ?? "",
  arm.trainLoss.toFixed(4),
  nats(arm.loss - arm.trainLoss),
  arm.seconds.toFixed(0),
];

/** Shapes that are counted at 512 tokens: the grid's model, and the one that the paper's 20 % follows from. */
const AT_512 = [
  { name: "MiniLM-L6, 512 tokens", hiddenSize: 384, intermediateSize: 1536, length: 512 },
  { name: "DistilBERT, 512 tokens", hiddenSize: 768, intermediateSize: 3072, length: 512 },
];

function operations({ savings }: Judgement): string[] {
  const shares = ({ core, attention, layer }: { core: number; attention: number; layer: number }): string[] =>
    [core, attention, layer].map((share) => percent(share, 1));
  const onPaper = AT_512.map(({ name, ...shape }) => {
    const effective = topKSparsity(0.8, shape.length);
    return [name, SPARSEST, "512", percent(effective, 1), ...shares(saved(shape, effective)), ""];
  });
  const measured = savings.map(({ cell, arm, meanTokens, effectiveSparsity, saved, timeByDense }) => [
    ...[cell, arm, meanTokens === null ? "" : meanTokens.toFixed(1), percent(effectiveSparsity, 1)],
    ...(saved ? shares(saved) : ["", "", ""]),
    `${timeByDense.toFixed(2)}×`,
  ]);
  const head = ["where", "arm", "mean tokens", "effective sparsity", "core saves", "attention sub-layer", "whole layer"];
  return table([...head, "training time by dense"], [...measured, ...onPaper]);
}

const exploredTable = (rows: readonly Explored[]): string[] =>
  table(
    ["where", "difference", "mean and 95 % interval", "seeds", "effective sparsity"],
    rows.map((row) => [
      ...[row.where, row.what, estimate(row), `${row.seeds}`],
      row.effectiveSparsity === undefined ? "" : percent(row.effectiveSparsity, 1),
    ]),
  );

function costTable(cells: readonly Cell[]): string[] {
  const rows = cells.map(({ name, runs, facts }) => {
    const total = runs.reduce((sum, { seconds }) => sum + seconds, 0);
    const machines = [...new Set(runs.map(({ runtime, threads }) => `${runtime}, threads a run: ${threads}`))];
    return [
      name,
      `${runs.length}`,
      hours(total),
      facts.cpu ?? "",
      `${machines.join("; ")}${facts.node ? `, Node ${facts.node}` : ""}`,
    ];
  });
  return table(["cell", "runs", "training, summed over runs", "CPU", "software"], rows);
}
