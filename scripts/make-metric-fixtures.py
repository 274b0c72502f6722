"""Reference values for src/metrics, by scikit-learn, SciPy and seqeval.

    pip install scikit-learn scipy seqeval
    python scripts/make-metric-fixtures.py > test/fixtures/metrics.json

Predictions and labels are drawn from one seed. Classes are written as strings of digits and tags as sentences, which keeps the
file small. NaN, where SciPy calls a correlation undefined, is written as null.
"""

import json
import math
import sys
import warnings
from importlib.metadata import version

import numpy as np
import scipy
import sklearn
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import sequence_labeling
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)
SCORES = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}


def digits(values):
    return "".join(str(int(v)) for v in values)


def noisy(actual, classes, rate):
    """Labels of which a share is drawn anew."""
    return np.where(rng.random(len(actual)) < rate, rng.integers(0, classes, len(actual)), actual)


def skewed(classes, n):
    shares = np.array([0.9] + [0.1 / (classes - 1)] * (classes - 1))
    return rng.choice(classes, n, p=shares)


def class_case(name, predicted, actual, classes):
    case = {
        "name": f"{name}, {classes} classes",
        "predicted": digits(predicted),
        "actual": digits(actual),
        "classes": classes,
        "accuracy": metrics.accuracy_score(actual, predicted),
        "matthews": metrics.matthews_corrcoef(actual, predicted),
        "present": {},  # averages over the classes that occur
        "all": {},  # averages over 0 … classes − 1
        "some": {},  # averages over the last class and the first
    }
    for score, compute in SCORES.items():
        for average in ("macro", "micro", "weighted"):
            common = dict(average=average, zero_division=0)
            case["present"][f"{score} {average}"] = compute(actual, predicted, **common)
            case["all"][f"{score} {average}"] = compute(actual, predicted, labels=list(range(classes)), **common)
            if classes == 3:
                case["some"][f"{score} {average}"] = compute(actual, predicted, labels=[2, 0], **common)
        if classes == 2:
            for positive in (0, 1):
                if positive in set(predicted) | set(actual):
                    value = compute(actual, predicted, pos_label=positive, zero_division=0)
                    case["present"][f"{score} binary {positive}"] = value
    return case


def class_cases():
    for classes in (2, 3, 6):
        n = 60
        balanced = np.arange(n) % classes
        few = rng.integers(0, classes - 1, n)
        skew = skewed(classes, n)
        yield class_case("balanced", noisy(balanced, classes, 0.4), balanced, classes)
        yield class_case("chance", rng.integers(0, classes, n), balanced, classes)
        yield class_case("skewed", noisy(skew, classes, 0.3), skew, classes)
        yield class_case("skewed predictions", skewed(classes, n), balanced, classes)
        yield class_case("a class missing among the labels", noisy(few, classes, 0.3), few, classes)
        yield class_case("a class missing among the predictions", noisy(few, classes - 1, 0.2), balanced, classes)
        yield class_case("a class missing on both sides", noisy(few, classes - 1, 0.5), few, classes)
        yield class_case("all predicted the same", np.full(n, classes - 1), balanced, classes)
        yield class_case("all labels the same", rng.integers(0, classes, n), np.zeros(n, int), classes)
        yield class_case("constant and different", np.zeros(9, int), np.ones(9, int), classes)
        yield class_case("perfect", balanced, balanced, classes)
        yield class_case("all wrong", (balanced + 1) % classes, balanced, classes)
        yield class_case("one example", np.array([1]), np.array([1]), classes)


def label_case(name, predicted, actual):
    return {
        "name": f"{name}, {actual.shape[1]} labels",
        "predicted": [digits(row) for row in predicted],
        "actual": [digits(row) for row in actual],
        "microF1": metrics.f1_score(actual, predicted, average="micro", zero_division=0),
        "macroF1": metrics.f1_score(actual, predicted, average="macro", zero_division=0),
        "subsetAccuracy": metrics.accuracy_score(actual, predicted),
        "hammingLoss": metrics.hamming_loss(actual, predicted),
    }


def label_cases():
    for labels in (2, 4, 9):
        n = 30
        actual = (rng.random((n, labels)) < 0.4).astype(int)
        flipped = np.where(rng.random((n, labels)) < 0.2, 1 - actual, actual)
        rare = (rng.random((n, labels)) < 0.05).astype(int)
        unused = actual.copy()
        unused[:, 1] = 0
        yield label_case("balanced", flipped, actual)
        yield label_case("rare", (rng.random((n, labels)) < 0.05).astype(int), rare)
        yield label_case("nothing predicted", np.zeros_like(actual), actual)
        yield label_case("a label that occurs nowhere", unused * flipped, unused)
        yield label_case("perfect", actual, actual)
        yield label_case("all wrong", 1 - actual, actual)


def number_case(name, predicted, actual):
    predicted, actual = np.asarray(predicted, float), np.asarray(actual, float)
    # The written values are the computed ones: repr() of a double reads back exactly.
    number = lambda value: None if math.isnan(value) else float(value)
    return {
        "name": name,
        "predicted": predicted.tolist(),
        "actual": actual.tolist(),
        "pearson": number(pearsonr(predicted, actual).statistic),
        "spearman": number(spearmanr(predicted, actual).statistic),
        "mse": metrics.mean_squared_error(actual, predicted),
        "mae": metrics.mean_absolute_error(actual, predicted),
        "r2": metrics.r2_score(actual, predicted),
    }


def number_cases():
    n = 40
    actual = np.round(rng.uniform(0, 5, n), 2)
    noise = rng.normal(size=n)
    yield number_case("close", np.round(actual + 0.3 * noise, 3), actual)
    yield number_case("loose", np.round(actual + 3 * noise, 3), actual)
    yield number_case("unrelated", np.round(noise, 3), actual)
    yield number_case("opposed", np.round(-actual + noise, 3), actual)
    yield number_case("ties on one side", np.round(actual + noise, 3), np.round(actual))
    yield number_case("ties on both sides", np.round(actual + noise), np.round(actual))
    yield number_case("half steps", np.round(2 * (actual + noise)) / 2, np.round(2 * actual) / 2)
    yield number_case("two values", (noise > 0).astype(float), (actual > 2.5).astype(float))
    yield number_case("monotone", np.round(np.exp(actual), 3), actual)
    yield number_case("perfect", actual, actual)
    yield number_case("perfect but shifted", actual + 2, actual)
    yield number_case("reversed", -actual, actual)
    yield number_case("constant predictions", np.full(n, 2.5), actual)
    yield number_case("constant labels", np.round(noise, 3), np.full(n, 2.5))
    yield number_case("constant on both sides", np.full(n, 1.0), np.full(n, 2.5))
    yield number_case("constant and right", np.full(n, 2.5), np.full(n, 2.5))
    yield number_case("constant in a value that sums inexactly", np.full(3, 0.1), [1, 2, 4])
    yield number_case("two examples", [1.5, 2.5], [3, 4])
    yield number_case("two examples, opposed", [2.5, 1.5], [3, 4])
    yield number_case("far from zero", np.round(1000 + noise, 3), np.round(1000 + actual, 2))
    yield number_case("large", np.round(actual + noise, 3) * 1e120, actual * 1e120)
    yield number_case("small", np.round(actual + noise, 3) * 1e-120, actual * 1e-120)
    yield number_case("one outlier", np.append(np.round(noise, 3), 1e6), np.append(actual, 5))


TYPES = ["PER", "LOC", "ORG", "MISC-X"]


def tagged(lengths, scheme):
    """Well-formed sentences."""
    sentences = []
    for length in lengths:
        tags = []
        while len(tags) < length:
            size = min(int(rng.integers(1, 4)), length - len(tags))
            kind = TYPES[rng.integers(len(TYPES))]
            if rng.random() < 0.5:
                tags += ["O"] * size
            elif scheme == "IOB2":
                tags += [f"B-{kind}"] + [f"I-{kind}"] * (size - 1)
            elif scheme == "IOB1":
                follows = tags and tags[-1][2:] == kind
                tags += [f"{'B' if follows else 'I'}-{kind}"] + [f"I-{kind}"] * (size - 1)
            else:
                inside = [f"I-{kind}"] * max(0, size - 2)
                tags += [f"S-{kind}"] if size == 1 else [f"B-{kind}", *inside, f"E-{kind}"]
        sentences.append(tags)
    return sentences


def spoiled(sentences, rate, marks):
    """Some tags replaced by any other: stray and mismatched ones too."""
    pool = ["O"] + [f"{mark}-{kind}" for mark in marks for kind in TYPES]
    return [[pool[rng.integers(len(pool))] if rng.random() < rate else tag for tag in row] for row in sentences]


def span_case(name, predicted, actual):
    return {
        "name": name,
        "predicted": [" ".join(row) for row in predicted],
        "actual": [" ".join(row) for row in actual],
        "precision": float(sequence_labeling.precision_score(actual, predicted)),
        "recall": float(sequence_labeling.recall_score(actual, predicted)),
        "f1": float(sequence_labeling.f1_score(actual, predicted)),
        "tokenAccuracy": float(sequence_labeling.accuracy_score(actual, predicted)),
    }


def span_cases():
    lengths = [7, 1, 12, 5, 9, 3]
    for scheme, marks in (("IOB2", "BI"), ("IOB1", "BI"), ("IOBES", "BIES")):
        actual = tagged(lengths, scheme)
        yield span_case(f"{scheme}, a few errors", spoiled(actual, 0.15, marks), actual)
        yield span_case(f"{scheme}, many errors", spoiled(actual, 0.6, marks), actual)
        yield span_case(f"{scheme}, errors in the labels too", spoiled(actual, 0.2, marks), spoiled(actual, 0.2, marks))
        yield span_case(f"{scheme}, perfect", actual, actual)
        yield span_case(f"{scheme}, nothing predicted", [["O"] * n for n in lengths], actual)
        yield span_case(f"{scheme}, predicted where nothing is", actual, [["O"] * n for n in lengths])
    yield span_case("no entities at all", [["O", "O"], ["O"]], [["O", "O"], ["O"]])
    yield span_case("an entity up to a sentence's end and one from the next one's start", [["O", "B-PER"], ["I-PER"]], [["O", "B-PER"], ["B-PER"]])
    yield span_case("IOB1 and IOB2 read alike", [["I-PER", "I-PER", "O"]], [["B-PER", "I-PER", "O"]])
    yield span_case("the type changes inside", [["B-PER", "I-LOC", "I-LOC"]], [["B-PER", "B-LOC", "I-LOC"]])


def glue_case(task, predicted, actual, figures):
    values = {
        "accuracy": lambda: float((predicted == actual).mean()),
        "f1": lambda: metrics.f1_score(y_true=actual, y_pred=predicted),
        "matthews_correlation": lambda: metrics.matthews_corrcoef(actual, predicted),
        "pearson": lambda: float(pearsonr(predicted, actual)[0]),
        "spearmanr": lambda: float(spearmanr(predicted, actual)[0]),
    }
    result = {name: values[name]() for name in figures}
    primary = result["matthews_correlation"] if task == "ax" else float(np.mean(list(result.values())))
    return {"task": task, "predicted": predicted.tolist(), "actual": actual.tolist(), "figures": result, "score": primary}


def glue_cases():
    n = 24
    for task, classes, figures in (
        ("cola", 2, ["matthews_correlation"]),
        ("sst2", 2, ["accuracy"]),
        ("mrpc", 2, ["accuracy", "f1"]),
        ("qqp", 2, ["accuracy", "f1"]),
        ("mnli", 3, ["accuracy"]),
        ("mnli-mm", 3, ["accuracy"]),
        ("qnli", 2, ["accuracy"]),
        ("rte", 2, ["accuracy"]),
        ("wnli", 2, ["accuracy"]),
        ("ax", 3, ["matthews_correlation", "accuracy"]),
    ):
        actual = rng.integers(0, classes, n)
        yield glue_case(task, noisy(actual, classes, 0.5), actual, figures)
    actual = np.round(rng.uniform(0, 5, n), 1)
    yield glue_case("stsb", np.round(actual + rng.normal(size=n), 3), actual, ["pearson", "spearmanr"])


fixture = {
    "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "seqeval": version("seqeval")},
    "classification": list(class_cases()),
    "multiLabel": list(label_cases()),
    "numbers": list(number_cases()),
    "spans": list(span_cases()),
    "glue": list(glue_cases()),
}
sections = [f" {json.dumps(key)}: " + (
    "[\n" + ",\n".join("  " + json.dumps(case) for case in value) + "\n ]" if isinstance(value, list) else json.dumps(value)
) for key, value in fixture.items()]
sys.stdout.write("{\n" + ",\n".join(sections) + "\n}\n")
print({key: len(value) for key, value in fixture.items()}, file=sys.stderr)
