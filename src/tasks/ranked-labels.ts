import type { Prediction } from "./task.ts";

/** Labels of one row of probabilities, best first. */
export function rankLabels(row: readonly number[], labels: readonly string[], most = row.length): Prediction[] {
  const all = row.map((score, label) => ({ label: labels[label], score }));
  return all.sort((a, b) => b.score - a.score).slice(0, most);
}
