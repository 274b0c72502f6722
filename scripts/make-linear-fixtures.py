"""Reference values for src/linear, by scikit-learn.

    pip install scikit-learn
    python scripts/make-linear-fixtures.py > test/fixtures/linear.json

Texts are made of a small vocabulary, drawn from one seed; logistic regressions are driven to their minimum.
"""

import json
from importlib.metadata import version

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(5)
WORDS = "Refund order late parcel a I broken screen naïve Straße pay_2 card invoice 42 where's password reset login".split()
texts = [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(40)]
labels = [int(label) for label in rng.integers(0, 3, size=40)]
vectors = TfidfVectorizer()
rows = vectors.fit_transform(texts[:30])
unseen = vectors.transform(texts[30:])


def regression(C, x, y, others):
    model = LogisticRegression(C=C, tol=1e-10, max_iter=100000).fit(x, y)
    return {"C": C, "probabilities": model.predict_proba(others).round(7).tolist()}


dense = rng.normal(size=(24, 5)) * [1, 3, 0.2, 1, 10]
two = [int(value) for value in (dense[:, 0] + rng.normal(size=24) > 0)]
print(
    json.dumps(
        {
            "scikit-learn": version("scikit-learn"),
            "texts": texts,
            "labels": labels,
            "vocabulary": sorted(vectors.vocabulary_),
            "tfIdf": unseen.toarray().round(9).tolist(),
            "sparse": [regression(C, rows, labels[:30], unseen) for C in (0.1, 1, 100)],
            "dense": {"rows": dense.tolist(), "labels": two, "three": [regression(C, dense, [(l + i) % 3 for i, l in enumerate(two)], dense) for C in (1, 10)]},
        },
        ensure_ascii=False,
    )
)
