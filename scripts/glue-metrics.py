"""A GLUE task's figures by scikit-learn and SciPy, from the predictions that `crisp eval` and `crisp train` write.

    pip install scikit-learn scipy
    python scripts/glue-metrics.py mrpc runs/mrpc/predictions.jsonl
    python scripts/glue-metrics.py rte predictions.jsonl --labels not_entailment,entailment

Each line of the file holds {"index", "label"} and "prediction" or "probabilities". Labels and predictions may be class names, class
indices or `LABEL_0`; `--labels` names the classes in the model's order where that is not GLUE's. Prints a line of JSON, one for each
arm and seed in a study's file; `score` is what the leaderboard averages. A correlation that SciPy calls undefined (NaN) is printed as null; Crisp gives 0 there.
"""

import argparse
import json
import math
import sys

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

NLI = ["entailment", "neutral", "contradiction"]
PAIRED = ["entailment", "not_entailment"]
CLASSES = {
    "cola": ["unacceptable", "acceptable"],
    "sst2": ["negative", "positive"],
    "mrpc": ["not_equivalent", "equivalent"],
    "qqp": ["not_duplicate", "duplicate"],
    "stsb": [],
    "mnli": NLI,
    "mnli-mm": NLI,
    "qnli": PAIRED,
    "rte": PAIRED,
    "wnli": PAIRED[::-1],
    "ax": NLI,
}


def class_index(value, names, glue_names):
    """Index into GLUE's classes of a name, an index into the model's classes, or LABEL_k."""
    text = str(value)
    if text in glue_names:
        return glue_names.index(text)
    number = text.removeprefix("LABEL_")
    if not number.isdigit() or int(number) >= len(names):
        sys.exit(f"{value!r} is none of {', '.join(names)}: name the model's classes, in order, with --labels")
    name = names[int(number)]
    return glue_names.index(name) if name in glue_names else int(number)


def read(path, task, names):
    """Predictions and labels of each run: `crisp study` writes all of its runs into one file."""
    runs = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = json.loads(line)
            answer = row.get("prediction", row.get("probabilities"))
            if row.get("label") in (None, -1) or answer is None:
                sys.exit(f"{path}:{number}: expected a label and a prediction or probabilities")
            key = tuple((name, row[name]) for name in ("arm", "seed") if name in row)
            predicted, actual = runs.setdefault(key, ([], []))
            if task == "stsb":
                predicted.append(float(np.ravel(answer)[0]))
                actual.append(float(row["label"]))
            else:
                # Ties go to the earlier class, as in Crisp.
                choice = int(np.argmax(answer)) if isinstance(answer, list) else answer
                predicted.append(class_index(choice, names, CLASSES[task]))
                actual.append(class_index(row["label"], names, CLASSES[task]))
    if not runs:
        sys.exit(f"{path}: expected at least one line")
    return runs


def figures_of(task, predicted, actual):
    if task == "stsb":
        return {"pearson": pearsonr(predicted, actual).statistic, "spearmanr": spearmanr(predicted, actual).statistic}
    matthews = {"matthews_correlation": matthews_corrcoef(actual, predicted)}
    accuracy = {"accuracy": accuracy_score(actual, predicted)}
    if task == "cola":
        return matthews
    if task in ("mrpc", "qqp"):
        return accuracy | {"f1": f1_score(actual, predicted, zero_division=0)}
    return matthews | accuracy if task == "ax" else accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=CLASSES)
    parser.add_argument("predictions", help="a predictions.jsonl")
    parser.add_argument("--labels", help="the model's classes in order, with commas; default GLUE's")
    options = parser.parse_args()
    names = options.labels.split(",") if options.labels else CLASSES[options.task]
    for key, (predicted, actual) in read(options.predictions, options.task, names).items():
        figures = figures_of(options.task, np.array(predicted), np.array(actual))
        score = figures["matthews_correlation"] if options.task == "ax" else float(np.mean(list(figures.values())))
        plain = {name: None if math.isnan(value) else float(value) for name, value in (figures | {"score": score}).items()}
        print(json.dumps({"task": options.task, **dict(key), "examples": len(actual), **plain}))


if __name__ == "__main__":
    main()
