import { expectedGot } from "../errors/index.ts";
import { argmax } from "../metrics/index.ts";

/** What confident learning finds in labels; N rows, C classes. */
export interface LabelErrors {
  /** t_j: mean probability of class j over the rows that are labelled j; [C]. */
  readonly thresholds: readonly number[];
  /** Rows by given label i and confident class j, scaled and rounded so that row i sums to the rows labelled i; [C][C]. */
  readonly joint: readonly (readonly number[])[];
  /** Places of the rows whose label is likely wrong, the least self-confidence first. */
  readonly likely: readonly number[];
}

/** Rounding must not decide whether a row reaches its own class's mean. */
const ROUNDING = 1e-6;

/**
 * Find rows whose label is likely wrong, by confident learning: the confident joint counts them, the margin picks them.
 *
 *     t_j     = mean of p_j(x) over the rows labelled j
 *     C[i][j] = rows labelled i with j = argmax { p_l(x) : p_l(x) ≥ t_l };  rows that reach no threshold are not counted
 *     Q[i][j] = C[i][j] / Σ_l C[i][l] · (rows labelled i)
 *
 * Of the rows labelled i, the Q[i][j] with the largest margins p_j(x) − p_i(x) are likely to be j ("prune by noise rate"), unless i is
 * their most probable class all the same.
 *
 * @param labels - Given class of each row, in [0, C); each class has a row at least. [N]
 * @param probabilities - Of a model that has not seen the row's label. [N][C]
 * @throws `audit/bad-input` for other shapes and labels.
 * @example
 * findLabelErrors([0, 0, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]]).likely; // [1]
 *
 * Source: Northcutt, Jiang & Chuang, Confident Learning, arXiv 1911.00068. As cleanlab's `find_label_issues`, but where several classes reach
 * their thresholds the most probable of these counts, as in the paper; cleanlab takes the most probable of all classes.
 */
export function findLabelErrors(labels: readonly number[], probabilities: readonly (readonly number[])[]): LabelErrors {
  const classes = probabilities[0]?.length ?? 0;
  const counts = countsOf(labels, probabilities, classes);
  const thresholds = counts.map((count, j) => {
    let sum = 0;
    labels.forEach((label, at) => {
      if (label === j) sum += probabilities[at][j];
    });
    return sum / count;
  });
  const joint = calibrated(countConfident(labels, probabilities, thresholds), counts);
  const likely = new Set<number>();
  for (let given = 0; given < classes; given++) {
    const own = labels.flatMap((label, at) => (label === given ? [at] : []));
    for (let other = 0; other < classes; other++) {
      if (other === given || joint[given][other] === 0) continue;
      const margin = (at: number): number => probabilities[at][other] - probabilities[at][given];
      const ranked = [...own].sort((a, b) => margin(b) - margin(a));
      for (const at of ranked.slice(0, joint[given][other])) if (argmax(probabilities[at]) !== given) likely.add(at);
    }
  }
  const selfConfidence = (at: number): number => probabilities[at][labels[at]];
  return { thresholds, joint, likely: [...likely].sort((a, b) => selfConfidence(a) - selfConfidence(b) || a - b) };
}

function countsOf(labels: readonly number[], rows: readonly (readonly number[])[], classes: number): number[] {
  const where = "findLabelErrors";
  if (classes < 2) throw expectedGot("audit/bad-input", where, "probabilities of at least two classes", classes);
  if (labels.length !== rows.length)
    throw expectedGot("audit/bad-input", where, `a label for each of ${rows.length} rows`, labels.length);
  const odd = rows.find((row) => row.length !== classes);
  if (odd) throw expectedGot("audit/bad-input", where, `rows of ${classes} probabilities`, odd.length);
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) {
    if (!(label in counts)) throw expectedGot("audit/bad-input", where, `labels from 0 to ${classes - 1}`, label);
    counts[label]++;
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) throw expectedGot("audit/bad-input", where, "a row of each class at least", `none of class ${empty}`);
  return counts;
}

/** C[i][j]; a class that no row is confident of keeps one row, so that it can be scaled. */
function countConfident(
  labels: readonly number[],
  probabilities: readonly (readonly number[])[],
  thresholds: readonly number[],
): number[][] {
  const joint = thresholds.map(() => new Array<number>(thresholds.length).fill(0));
  probabilities.forEach((row, at) => {
    const reached = row.map((p, j) => (p >= thresholds[j] - ROUNDING ? p : -1));
    const confident = argmax(reached);
    if (reached[confident] >= 0) joint[labels[at]][confident]++;
  });
  joint.forEach((row, i) => {
    row[i] = Math.max(1, row[i]);
  });
  return joint;
}

function calibrated(joint: readonly (readonly number[])[], counts: readonly number[]): number[][] {
  return joint.map((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return roundedToSum(row.map((count) => (count / sum) * counts[i]));
  });
}

/** Whole numbers of the same sum: what is left by rounding down goes to the largest remainders, of equal ones to the last, as in cleanlab. */
function roundedToSum(values: readonly number[]): number[] {
  const whole = values.map(Math.floor);
  let left = Math.round(values.reduce((a, b) => a + b, 0)) - whole.reduce((a, b) => a + b, 0);
  const byRemainder = values.map((_, at) => at).sort((a, b) => values[b] - whole[b] - (values[a] - whole[a]) || b - a);
  for (const at of byRemainder) if (left-- > 0) whole[at]++;
  return whole;
}
