// docs/results/primary.svg: differences to dense on the primary grid.
import type { Finding } from "../claims/comparisons.ts";
import { points } from "./words.ts";

/** Rows that stand together, one for each task. */
export interface Group {
  readonly title: string;
  readonly rows: readonly (Pick<Finding, "what" | "mean" | "low" | "high"> & {
    /** Its verdict word; left out where it is exploratory, which is drawn lighter. */
    readonly word?: string;
  })[];
}

const [WIDTH, LEFT, RIGHT, ROW, TOP, FOOT] = [760, 190, 250, 24, 34, 46];
const ZONE = 0.5;
const [DARK, LIGHT, GRID] = ["#1f4e79", "#6b7785", "#d9dee4"];

/**
 * Means and intervals as an SVG, with the zone of no difference shaded.
 *
 * @param groups - At least one row in all; in accuracy points.
 * @returns A file's text: the same groups give the same.
 */
export function forestPlot(groups: readonly Group[]): string {
  const rows = groups.flatMap((group) => group.rows);
  const least = Math.floor(Math.min(-2 * ZONE, ...rows.map(({ low }) => low)));
  const most = Math.ceil(Math.max(2 * ZONE, ...rows.map(({ high }) => high)));
  const plot = WIDTH - LEFT - RIGHT;
  const at = (value: number): string => (LEFT + (plot * (value - least)) / (most - least)).toFixed(1);
  const parts: string[] = [];
  let y = TOP;
  for (const { title, rows } of groups) {
    parts.push(text(10, y + 16, title, { weight: "bold" }));
    y += ROW;
    for (const row of rows) {
      const colour = row.word === undefined ? LIGHT : DARK;
      const figure = `${points(row.mean)} [${points(row.low)}, ${points(row.high)}]${row.word === undefined ? "" : ` ${row.word}`}`;
      parts.push(
        text(22, y + 16, row.what, { colour }),
        `<line x1="${at(row.low)}" x2="${at(row.high)}" y1="${y + 12}" y2="${y + 12}" stroke="${colour}" stroke-width="2"/>`,
        `<circle cx="${at(row.mean)}" cy="${y + 12}" r="4.5" fill="${colour}"/>`,
        text(WIDTH - RIGHT + 12, y + 16, figure, { colour }),
      );
      y += ROW;
    }
    y += 8;
  }
  const step = Math.ceil((most - least) / 8);
  const first = Math.ceil(least / step);
  const ticks = Array.from({ length: Math.floor(most / step) - first + 1 }, (_, i) => (first + i) * step);
  const lines = ticks.flatMap((tick) => [
    `<line x1="${at(tick)}" x2="${at(tick)}" y1="${TOP}" y2="${y}" stroke="${tick === 0 ? "#555" : GRID}"/>`,
    text(Number(at(tick)), y + 16, points(tick).replace(".00", ""), { anchor: "middle" }),
  ]);
  const zone = `<rect x="${at(-ZONE)}" width="${(Number(at(ZONE)) - Number(at(-ZONE))).toFixed(1)}" y="${TOP}" height="${y - TOP}" fill="#eef3f8"/>`;
  const height = y + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    "<title>Accuracy minus dense, in points</title>",
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(10, 20, "Accuracy minus dense, in points; shaded: no difference", { weight: "bold" }),
    ...[zone, ...lines, ...parts],
    text(
      10,
      height - 10,
      "Dark: named beforehand, Holm over the three. Light: exploratory, 95 % intervals that are not corrected.",
      {
        colour: "#555",
      },
    ),
    "</svg>\n",
  ].join("\n");
}

function text(
  x: number,
  y: number,
  content: string,
  { colour = "#222", weight = "normal", anchor = "start" }: { colour?: string; weight?: string; anchor?: string } = {},
): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" fill="${colour}" font-weight="${weight}" text-anchor="${anchor}">${escaped}</text>`;
}
