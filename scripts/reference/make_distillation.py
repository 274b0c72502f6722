"""Reference values for learning from a teacher (src/tasks), by PyTorch's autograd in float64.

    pip install torch
    python scripts/reference/make_distillation.py > test/fixtures/distillation.json

Each case has the logits of student and teacher [B, C], the labels (-1, null or NaN as null: none), alpha, temperature, the loss, and its
gradient for the student's logits. Means are over all B examples; an example without a label has the teacher's part alone.

single_label   (1 - alpha) cross_entropy + alpha T^2 cross_entropy(z / T, softmax(t / T)), arXiv 1503.02531
multi_label    the same with binary_cross_entropy_with_logits and sigmoids, mean over the classes; labels are 0 or 1 for each class
regression     (1 - alpha) (z - y)^2 + alpha (z - t)^2
"""

import json
import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

torch.manual_seed(11)


def drawn(rows, columns):
    return (2 * torch.randn(rows, columns)).double()


def case(task, labels, classes, alpha, temperature, weights=None):
    student, teacher = drawn(len(labels), classes), drawn(len(labels), classes)
    z = student.clone().requires_grad_()
    T = temperature
    total, divisor = torch.zeros((), dtype=torch.float64), 0.0
    for row, label in enumerate(labels):
        own, said = z[row], teacher[row]
        known = label is not None and label != -1
        weight = weights[label] if weights and known else 1.0
        if task == "single_label_classification":
            hard = cross_entropy(own, torch.tensor(label)) if known else 0.0
            soft = T * T * cross_entropy(own / T, (said / T).softmax(-1))
        elif task == "multi_label_classification":
            hard = binary_cross_entropy_with_logits(own, torch.tensor(label).double()) if known else 0.0
            soft = T * T * binary_cross_entropy_with_logits(own / T, (said / T).sigmoid())
        else:
            hard = mse_loss(own, torch.full((classes,), label, dtype=torch.float64)) if known else 0.0
            soft = mse_loss(own, said)
        total = total + weight * ((1 - alpha) * hard + alpha * soft)
        divisor += weight
    loss = total / divisor
    loss.backward()
    assert math.isfinite(loss.item())
    settings = {"task": task, "labels": labels, "classes": classes, "alpha": alpha, "temperature": T, "weights": weights}
    tensors = {"student": student, "teacher": teacher, "gradient": z.grad}
    return settings | {"loss": loss.item()} | {name: x.flatten().tolist() for name, x in tensors.items()}


print(
    json.dumps(
        {
            "torch": torch.__version__,
            "cases": [
                case("single_label_classification", [2, 0, 1, 1], 3, 0.5, 2.0),
                case("single_label_classification", [1, -1, 0, -1, 1], 2, 0.9, 4.0),
                case("single_label_classification", [0, -1, 2, 1], 3, 0.3, 1.0, [0.5, 2.0, 3.0]),
                case("single_label_classification", [4], 5, 1.0, 2.0),
                case("multi_label_classification", [[1, 0, 1], None, [0, 0, 0], [1, 1, 1]], 3, 0.5, 3.0),
                case("regression", [0.5, None, -2.0], 1, 0.25, 2.0),
            ],
        }
    )
)
