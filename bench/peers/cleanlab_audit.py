"""cleanlab on given labels and probabilities: see bench/audit.ts, which starts it.

    pip install cleanlab
    python bench/peers/cleanlab_audit.py < given.json

Reads {"labels": [N], "probabilities": [N][C]} and prints {"version", "seconds", "flagged": rows of likely errors, least self-confidence
first, "scores": [N] self-confidence}.
"""

import json
import sys
import time

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

given = json.load(sys.stdin)
labels, probabilities = np.array(given["labels"]), np.array(given["probabilities"])
started = time.perf_counter()
flagged = find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
scores = get_label_quality_scores(labels, probabilities, method="self_confidence")
seconds = round(time.perf_counter() - started, 3)
print(json.dumps({"version": cleanlab.__version__, "seconds": seconds, "flagged": flagged.tolist(), "scores": scores.tolist()}))
