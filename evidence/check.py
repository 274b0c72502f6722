"""An independent check of docs/results/verdicts.json: python evidence/check.py [RESULTS [VERDICTS]]

Reads evidence/results alone and computes accuracies, losses, differences, intervals and verdict words of claims 1 to 7 anew, and the differences
that have no word, with NumPy and the standard library, sharing no code with Crisp. Exit status 1 where anything disagrees.

Tolerances: figures that are computed exactly agree to 2e-6 (the file keeps six decimals; losses of single-precision probabilities to 1e-4);
interval bounds, which come from other random draws, to 6 % of the half-width and 0.02 points or 0.0002 nats, five standard errors of such a
bound. A word may differ only where a bound that decides it lies within that tolerance of its border, and is then told as a near call.
"""

import csv
import functools
import gzip
import json
import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent
EXACT, LOSS, SHARE = 2e-6, 1e-4, 0.06
ABSOLUTE = {"points": 0.02, "nats": 0.0002}
ZONE = {"points": 0.5, "nats": 0.005}
FEWEST, REPLICATES = 5, 20_000
TOP_K = ["topk40", "topk60", "topk80"]


def read_cell(folder):
    """Labels [N]; by arm: probabilities of class 1 [S, N] and the rows of runs.csv, seeds ascending."""
    with open(folder / "runs.csv", newline="") as file:
        runs = list(csv.DictReader(file))
    with gzip.open(folder / "predictions.csv.gz", "rt", newline="") as file:
        head, *rows = list(csv.reader(file))
    values = np.array(rows, dtype=float)
    column = {name: values[:, at] for at, name in enumerate(head)}
    arms = {}
    for run in sorted(runs, key=lambda run: int(run["seed"])):
        arms.setdefault(run["arm"], []).append(run)
    answers = {arm: np.stack([column[f"{arm}.seed-{run['seed']}"] for run in own]) for arm, own in arms.items()}
    return column["label"].astype(int), answers, arms


def student_cdf(t, freedom):
    """Of Student's t at t >= 0, by Simpson's integral of its density."""
    front = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    x = np.linspace(0, t, 20_001)
    y = front * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
    return 0.5 + (t / 20_000 / 3) * (y[0] + y[-1] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum())


@functools.cache
def student_quantile(p, freedom):
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if student_cdf(middle, freedom) < p else (low, middle)
    return (low + high) / 2


class Crossed:
    """The crossed bootstrap of docs/statistics.md over differences [S, N], `balanced`."""

    def __init__(self, d, random):
        self.seeds, self.texts = d.shape
        self.mean = d.mean()
        by_seed, by_text = d.mean(1), d.mean(0)
        residual = ((d - by_seed[:, None] - by_text[None, :] + self.mean) ** 2).sum()
        noise = residual / ((self.seeds - 1) * (self.texts - 1))
        effect = max(0.0, by_text.var(ddof=1) - noise / self.seeds)
        share = effect + noise / self.seeds
        self.deviation = by_seed.std(ddof=1)
        self.variance = self.deviation**2 / self.seeds + effect / self.texts
        drawn = random.multinomial(self.seeds, np.full(self.seeds, 1 / self.seeds), REPLICATES)
        self.seed_part = (drawn - 1) @ by_seed / self.seeds
        texts = random.multinomial(self.texts, np.full(self.texts, 1 / self.texts), REPLICATES)
        self.text_part = (texts - 1) @ by_text / self.texts * (math.sqrt(effect / share) if share > 0 else 1)

    def distances(self, level):
        student = student_quantile((1 + level) / 2, self.seeds - 1) * self.deviation / math.sqrt(self.seeds)
        reached = np.quantile(np.abs(self.seed_part), level)
        return np.abs((student / reached if reached > 0 else 1) * self.seed_part + self.text_part)

    def half(self, level):
        return float(np.quantile(self.distances(level), level))

    def p(self):
        return float(((self.distances(0.95) >= abs(self.mean)).sum() + 1) / (REPLICATES + 1))


class Student:
    """A difference that is one number a seed, or a mean with its standard error and degrees of freedom."""

    def __init__(self, mean, error, freedom, seeds):
        self.mean, self.error, self.freedom, self.seeds = mean, error, freedom, seeds

    @classmethod
    def over(cls, values):
        return cls(values.mean(), values.std(ddof=1) / math.sqrt(len(values)), len(values) - 1, len(values))

    @classmethod
    def welch(cls, a, b):
        """mean(a) - mean(b) of samples that are not paired."""
        parts = [(values.var(ddof=1) / len(values), len(values) - 1) for values in (a, b)]
        variance = sum(part for part, _ in parts)
        freedom = variance**2 / sum(part**2 / own for part, own in parts)
        return cls(a.mean() - b.mean(), math.sqrt(variance), freedom, min(len(a), len(b)))

    def half(self, level):
        return student_quantile((1 + level) / 2, self.freedom) * self.error

    def p(self):
        return 2 * (1 - student_cdf(abs(self.mean) / self.error, self.freedom)) if self.error > 0 else float(self.mean == 0)


def over_tasks(parts):
    """Random effects by Paule and Mandel, of (mean, variance) of each task."""
    means, variances = (np.array(values) for values in zip(*parts))

    def fit(tau):
        weights = 1 / (np.maximum(variances, 1e-12) + tau)
        mean = (weights * means).sum() / weights.sum()
        return mean, weights.sum(), (weights * (means - mean) ** 2).sum()

    freedom = len(means) - 1
    low, high = 0.0, 0.0 if fit(0.0)[2] <= freedom else 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if fit(middle)[2] > freedom else (low, middle)
    mean, total, _ = fit((low + high) / 2)
    return Student(mean, math.sqrt(1 / total), freedom, 0)


def holm(family):
    levels, stopped = [0.0] * len(family), None
    for rank, at in enumerate(sorted(range(len(family)), key=lambda at: (family[at].p(), -abs(family[at].mean)))):
        levels[at] = stopped or 1 - 0.05 / (len(family) - rank)
        if abs(family[at].mean) <= family[at].half(levels[at]):
            stopped = levels[at]
    return levels


def together(words):
    for word in ("no verdict", "contradicted"):
        if word in words:
            return word
    return words[0] if len(set(words)) == 1 else "undecided"


class Report:
    def __init__(self):
        self.checked, self.problems, self.near = 0, [], []

    def same(self, what, own, published, tolerance):
        self.checked += 1
        if own is None or published is None or not abs(own - published) <= tolerance:
            self.problems.append(f"{what}: {own} here, {published} published")


def check_arms(report, name, labels, answers, arms, published):
    for arm in published["arms"]:
        where = f"{name}, {arm['arm']}"
        p = answers[arm["arm"]]
        right = (p > 0.5).astype(int) == labels
        report.same(f"{where}, accuracy", 100 * right.mean(), arm["accuracy"], EXACT)
        report.same(f"{where}, deviation", 100 * right.mean(1).std(ddof=1), arm["accuracyDeviation"], EXACT)
        report.same(f"{where}, seeds", p.shape[0], arm["seeds"], 0)
        loss = -np.log(np.clip(np.where(labels == 1, p, 1 - p), 1e-12, None)).mean(1)
        report.same(f"{where}, loss", loss.mean(), arm["loss"], EXACT)
        for at, run in enumerate(arms[arm["arm"]]):
            report.same(f"{where}, seed {run['seed']}, accuracy of its run", right[at].mean(), float(run["accuracy"]), EXACT)
            report.same(f"{where}, seed {run['seed']}, loss of its run", loss[at], float(run["loss"]), LOSS)
        mean = np.mean([float(run["effective_sparsity"]) for run in arms[arm["arm"]]])
        report.same(f"{where}, effective sparsity", mean, arm["effectiveSparsity"], EXACT)


def check_verdict(report, number, verdict, contrasts, judgeable=True):
    """Contrasts, each with its corrected level, in the order of the verdict's findings."""
    words, contrasts = [], list(contrasts)
    if len(contrasts) != len(verdict["findings"]):
        report.problems.append(f"claim {number}, {verdict['where']}: {len(contrasts)} differences here, {len(verdict['findings'])} published")
        return
    for (boot, level), found in zip(contrasts, verdict["findings"]):
        where, unit = f"claim {number}, {verdict['where']}, {found['what']}", found["unit"]
        report.same(f"{where}, mean", boot.mean, found["mean"], EXACT if unit == "points" else LOSS)
        if boot.seeds:
            report.same(f"{where}, seeds", boot.seeds, found["seeds"], 0)
        # p-values that lie close together may change places, and levels with them: bounds are compared at the published level
        bounds = {}
        for at, (low, high) in {found["level"]: ("low", "high"), 0.9: ("low90", "high90")}.items():
            half = boot.half(at)
            bounds[at] = half, SHARE * half + ABSOLUTE[unit]
            report.same(f"{where}, {low}", boot.mean - half, found[low], bounds[at][1])
            report.same(f"{where}, {high}", boot.mean + half, found[high], bounds[at][1])
        size, ninety = abs(boot.mean), abs(boot.mean) + boot.half(0.9)
        if not judgeable or 0 < boot.seeds < FEWEST:
            word = "no verdict"
        elif size > boot.half(level):
            word = "supported" if boot.mean > 0 else "contradicted"
        else:
            word = "no difference" if ninety < ZONE[unit] else "undecided"
        report.checked += 1
        if word != found["word"]:
            near = abs(size - bounds[found["level"]][0]) <= bounds[found["level"]][1] or abs(ninety - ZONE[unit]) <= bounds[0.9][1]
            (report.near if near else report.problems).append(f"{where}: {word} here, {found['word']} published")
            word = found["word"] if near else word
        words.append(word)
    report.checked += 1
    if together(words) != verdict["word"]:
        report.problems.append(f"claim {number}, {verdict['where']}: {together(words)} here, {verdict['word']} published")


def check_primary(report, name, cell, verdict_of, random):
    """Claims 1 to 5 on one cell; gives the mean and variance of topk80 minus dense."""
    labels, answers, arms = cell

    def column(arm, key):
        return np.array([float(run[key]) for run in arms[arm]])

    def at_temperature(arm):
        p = np.clip(answers[arm], 1e-12, 1)
        q = np.clip(1 - answers[arm], 1e-12, 1)
        return 1 / (1 + (q / p) ** (1 / column(arm, "temperature")[:, None]))

    def losses(p):
        return -np.log(np.clip(np.where(labels == 1, p, 1 - p), 1e-12, None))

    def learnt(arm):
        return not says_one_class(cell, arm)

    right = {arm: right_of(cell, arm) for arm in answers}
    claims = {1: [("topk80", "dense")], 2: [(arm, "dense") for arm in TOP_K], 3: [("topk80", arm) for arm in TOP_K[:2]]}
    for number, pairs in claims.items():
        family = [Crossed(right[arm] - right[other], random) for arm, other in pairs]
        verdict = verdict_of(number, name)
        check_verdict(report, number, verdict, zip(family, holm(family)), all(learnt(other) for _, other in pairs))
        if number == 1:
            part = family[0].mean, family[0].variance

    given = {arm: losses(answers[arm]) for arm in ["dense", *TOP_K]}
    fitted = {arm: losses(at_temperature(arm)) for arm in ["dense", *TOP_K]}
    families = [[Crossed(each["dense"] - each[arm], random) for arm in TOP_K] for each in (given, fitted)]
    levels = [holm(family) for family in families]
    for at, arm in enumerate(TOP_K):
        contrasts = [(family[at], level[at]) for family, level in zip(families, levels)]
        check_verdict(report, 4, verdict_of(4, f"{name}, {arm}"), contrasts, learnt("dense"))

    gap = {arm: losses(answers[arm]).mean(1) - column(arm, "train_loss") for arm in ["dense", "random80", "bottomk80", "topk80"]}
    family = [Student.over(gap[arm] - gap["topk80"]) for arm in ["dense", "random80", "bottomk80"]]
    contrasts = list(zip(family, holm(family)))
    check_verdict(report, 5, verdict_of(5, f"{name}, it shrinks"), contrasts[:1])
    check_verdict(report, 5, verdict_of(5, f"{name}, because of which"), contrasts[1:])
    return part


SST2, SIZES_AND_NOISE, ROBUSTNESS = "primary/sst2", ["sizes/rows-250", "sizes/rows-4000", "noise"], ["robustness/imdb", "robustness/typos"]


def right_of(cell, arm):
    """Points of each seed and text, [S, N]."""
    labels, answers, _ = cell
    return 100.0 * ((answers[arm] > 0.5).astype(int) == labels)


def says_one_class(cell, arm):
    ones = (cell[1][arm] > 0.5).sum(1)
    return not ((ones > 0) & (ones < len(cell[0]))).any()


def check_amount_and_noise(report, cells, verdict_of):
    """Claim 6."""
    few, many, noisy = ((right_of(cells[name], "topk80") - right_of(cells[name], "dense")).mean(1) for name in SIZES_AND_NOISE)
    middle = (right_of(cells[SST2], "topk80") - right_of(cells[SST2], "dense")).mean(1)
    family = [Student.welch(few, middle), Student.welch(middle, many), Student.welch(noisy, middle)]
    contrasts = list(zip(family, holm(family)))
    check_verdict(report, 6, verdict_of(6, "amount of data"), contrasts[:2])
    check_verdict(report, 6, verdict_of(6, "label noise"), contrasts[2:])


def check_robustness(report, cells, verdict_of, random):
    """Claim 7, of runs whose training losses are those of the primary grid."""

    def losses(name):
        return [[float(run["train_loss"]) for run in cells[name][2][arm]] for arm in ("dense", "topk80")]

    family = [Crossed(right_of(cells[name], "topk80") - right_of(cells[name], "dense"), random) for name in ROBUSTNESS]
    for name, contrast in zip(ROBUSTNESS, zip(family, holm(family))):
        judgeable = losses(name) == losses(SST2) and not says_one_class(cells[name], "dense")
        check_verdict(report, 7, verdict_of(7, name), [contrast], judgeable)


def check_differences(report, cells, published, random):
    """Differences without a word, each with its own 95 % interval."""
    for found in published:
        arm, other = found["what"].split(" − ")
        where = f"{found['where']}, {found['what']}"
        if found["where"] not in cells:
            report.problems.append(f"{where}: no such cell here")
            continue
        cell = cells[found["where"]]
        boot = Crossed(right_of(cell, arm) - right_of(cell, other), random)
        half = boot.half(0.95)
        report.same(f"{where}, mean", boot.mean, found["mean"], EXACT)
        report.same(f"{where}, low", boot.mean - half, found["low"], SHARE * half + ABSOLUTE["points"])
        report.same(f"{where}, high", boot.mean + half, found["high"], SHARE * half + ABSOLUTE["points"])


def main(results, verdicts):
    published = json.loads(verdicts.read_text())
    report, random = Report(), np.random.default_rng(20250806)
    folders = sorted(path.parent for path in results.glob("**/cell.json"))
    names = [folder.relative_to(results).as_posix() for folder in folders]
    means = {each["cell"]: each for each in published["cells"]}
    if sorted(means) != names:
        report.problems.append(f"cells: {names} here, {sorted(means)} published")
    found = {(claim["claim"], each["where"]): each for claim in published["claims"] for each in claim["verdicts"]}

    def verdict_of(number, where):
        nothing = {"where": where, "word": None, "findings": []}
        if (number, where) not in found:
            report.problems.append(f"claim {number}: no verdict on {where} is published")
        return found.get((number, where), nothing)

    parts = []
    cells = {name: read_cell(folder) for name, folder in zip(names, folders)}
    for name, cell in cells.items():
        if name in means:
            check_arms(report, name, *cell, means[name])
        if name.startswith("primary/"):
            parts.append(check_primary(report, name, cell, verdict_of, random))
    if len(parts) == 4:
        check_verdict(report, 1, verdict_of(1, "over tasks"), [(over_tasks(parts), 0.95)])
    if {SST2, *SIZES_AND_NOISE} <= cells.keys():
        check_amount_and_noise(report, cells, verdict_of)
    if {SST2, *ROBUSTNESS} <= cells.keys():
        check_robustness(report, cells, verdict_of, random)
    check_differences(report, cells, [*published["otherReading"], *published["explored"]], random)
    for line in report.near:
        print(f"near call: {line}")
    for line in report.problems:
        print(f"disagrees: {line}")
    print(f"{len(names)} cells, {report.checked} comparisons, {len(report.problems)} disagree")
    return 1 if report.problems else 0


if __name__ == "__main__":
    paths = [Path(path) for path in sys.argv[1:]]
    results = paths[0] if paths else ROOT / "results"
    sys.exit(main(results, paths[1] if len(paths) > 1 else ROOT.parent / "docs/results/verdicts.json"))
