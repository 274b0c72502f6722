"""Reference values for src/audit, by cleanlab and scikit-learn.

    pip install cleanlab
    python scripts/make-audit-fixtures.py > test/fixtures/audit.json

Rows of made-up probabilities, drawn from one seed, with labels of which some are wrong; and made-up vectors.
"""

import json

import cleanlab
import numpy as np
import sklearn
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(11)


def case(rows, classes, wrong):
    truth = np.concatenate([np.arange(classes).repeat(3), rng.integers(0, classes, size=rows - 3 * classes)])
    logits = rng.normal(size=(rows, classes)) + 2.5 * np.eye(classes)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities = probabilities.round(6)
    flips = rng.random(rows) < wrong
    labels = np.where(flips, (truth + rng.integers(1, classes, size=rows)) % classes, truth)
    thresholds = get_confident_thresholds(labels, probabilities)
    # where several classes are confident, cleanlab takes the most probable of all, and Crisp, as the paper, the most probable of these
    confident = probabilities >= thresholds - 1e-6
    several = confident.sum(1) > 1
    assert confident[np.arange(rows), probabilities.argmax(1)][several].all(), "draw another seed"
    return {
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "thresholds": thresholds.tolist(),
        "joint": compute_confident_joint(labels, probabilities).tolist(),
        "likely": find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1).tolist(),
    }


WORDS = "refund order late parcel broken screen pay_2 card invoice password reset login".split()


def regression(known=40, asked=8):
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(known + asked)]
    features = rng.normal(size=(known + asked, 5)) + 3
    labels = rng.integers(0, 3, size=known)
    mean = features[:known].mean(0)
    scale = 1 / np.sqrt(((features[:known] - mean) ** 2).sum(1).mean())
    words = TfidfVectorizer().fit(texts[:known])
    rows = np.hstack([scale * (features - mean), words.transform(texts).toarray()])
    model = LogisticRegression(tol=1e-10, max_iter=100000).fit(rows[:known], labels)
    return {
        "texts": texts,
        "features": features.tolist(),
        "labels": labels.tolist(),
        "probabilities": model.predict_proba(rows[known:]).tolist(),
    }


vectors = rng.normal(size=(40, 6))
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
neighbours = NearestNeighbors(n_neighbors=11, metric="cosine").fit(vectors)
print(
    json.dumps(
        {
            "cleanlab": cleanlab.__version__,
            "scikit-learn": sklearn.__version__,
            "cases": [case(80, 2, 0.15), case(120, 3, 0.2), case(200, 5, 0.1)],
            "regression": regression(),
            "vectors": vectors.tolist(),
            "distances": neighbours.kneighbors(vectors)[0][:, 1:].mean(1).tolist(),
        }
    )
)
