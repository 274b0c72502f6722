"""An independent check of docs/results/verdicts.json: python evidence/check.py [RESULTS [VERDICTS]]

Reads evidence/results alone and computes accuracies, losses, differences, intervals and verdict words of claims 1 to 3 anew, with NumPy and the
standard library, sharing no code with Crisp. Exit status 1 where anything disagrees.

Tolerances: figures that are computed exactly agree to 2e-6 (the file keeps six decimals; losses of single-precision probabilities to 1e-4);
interval bounds, which come from other random draws, to 4 % of the half-width and 0.02 points. A word may differ only where a bound that
decides it lies within that tolerance of its border, and is then reported as a near call.
"""

import csv
import gzip
import json
import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent
EXACT, LOSS, SHARE, POINTS = 2e-6, 1e-4, 0.04, 0.02
ZONE, FEWEST, REPLICATES = 0.5, 5, 20_000
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


def student_quantile(p, freedom):
    """Of Student's t, by bisection on Simpson's integral of its density."""
    front = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def cdf(t):
        x = np.linspace(0, t, 20_001)
        y = front * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        return 0.5 + (t / 20_000 / 3) * (y[0] + y[-1] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum())

    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle) < p else (low, middle)
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


def holm(family):
    levels, stopped = [0.0] * len(family), None
    for rank, at in enumerate(sorted(range(len(family)), key=lambda at: (family[at].p(), -abs(family[at].mean)))):
        levels[at] = stopped or 1 - 0.05 / (len(family) - rank)
        if abs(family[at].mean) <= family[at].half(levels[at]):
            stopped = levels[at]
    return levels


def word_of(boot, level, has_reference):
    if boot.seeds < FEWEST or not has_reference:
        return "no verdict"
    if abs(boot.mean) > boot.half(level):
        return "supported" if boot.mean > 0 else "contradicted"
    return "no difference" if abs(boot.mean) + boot.half(0.9) < ZONE else "undecided"


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


def check_claim(report, number, pairs, labels, answers, verdict, random):
    right = {arm: 100.0 * ((p > 0.5).astype(int) == labels) for arm, p in answers.items()}
    family = [Crossed(right[arm] - right[other], random) for arm, other in pairs]
    levels = holm(family)
    words = []
    for (arm, other), boot, level, found in zip(pairs, family, levels, verdict["findings"]):
        where = f"claim {number}, {verdict['where']}, {arm} - {other}"
        report.same(f"{where}, mean", boot.mean, found["mean"], EXACT)
        report.same(f"{where}, seeds", boot.seeds, found["seeds"], 0)
        # p-values that lie close together may change places, and levels with them: bounds are compared at the published level
        room = {each: SHARE * boot.half(each) + POINTS for each in (found["level"], 0.9)}
        half = boot.half(found["level"])
        report.same(f"{where}, low", boot.mean - half, found["low"], room[found["level"]])
        report.same(f"{where}, high", boot.mean + half, found["high"], room[found["level"]])
        report.same(f"{where}, low of 90 %", boot.mean - boot.half(0.9), found["low90"], room[0.9])
        report.same(f"{where}, high of 90 %", boot.mean + boot.half(0.9), found["high90"], room[0.9])
        answered = (answers[other] > 0.5).sum(1)
        word = word_of(boot, level, bool(((answered > 0) & (answered < len(labels))).any()))
        report.checked += 1
        if word != found["word"]:
            borders = [abs(abs(boot.mean) - boot.half(level)) - room[found["level"]]]
            borders.append(abs(abs(boot.mean) + boot.half(0.9) - ZONE) - room[0.9])
            (report.near if min(borders) <= 0 else report.problems).append(f"{where}: {word} here, {found['word']} published")
            word = found["word"] if min(borders) <= 0 else word
        words.append(word)
    report.checked += 1
    if together(words) != verdict["word"]:
        report.problems.append(f"claim {number}, {verdict['where']}: {together(words)} here, {verdict['word']} published")


def main(results, verdicts):
    published = json.loads(verdicts.read_text())
    report, random = Report(), np.random.default_rng(20250806)
    folders = sorted(path.parent for path in results.glob("**/cell.json"))
    names = [folder.relative_to(results).as_posix() for folder in folders]
    if sorted(each["cell"] for each in published["cells"]) != sorted(names):
        report.problems.append(f"cells: {names} here, {[each['cell'] for each in published['cells']]} published")
    claims = {
        1: [("topk80", "dense")],
        2: [(arm, "dense") for arm in TOP_K],
        3: [("topk80", arm) for arm in TOP_K[:2]],
    }
    for name, folder in zip(names, folders):
        labels, answers, arms = read_cell(folder)
        for cell in published["cells"]:
            if cell["cell"] == name:
                check_arms(report, name, labels, answers, arms, cell)
        if not name.startswith("primary/"):
            continue
        for number, pairs in claims.items():
            claim = next(each for each in published["claims"] if each["claim"] == number)
            verdict = next((each for each in claim["verdicts"] if each["where"] == name), None)
            if verdict is None:
                report.problems.append(f"claim {number}: no verdict on {name} is published")
                continue
            check_claim(report, number, pairs, labels, answers, verdict, random)
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
