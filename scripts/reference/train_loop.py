"""A plain PyTorch training loop without dropout, on weights, batches and hyper-parameters that Crisp wrote down.

    python scripts/reference/train_loop.py FOLDER [--out losses.json] [--threads 2] [--attention eager|sdpa]

FOLDER holds
    plan.json         {modelDir, batches: [{inputIds, attentionMask, tokenTypeIds, labels}], learningRate, weightDecay,
                      warmupSteps, totalSteps, maxGradNorm, seed}; a relative modelDir is taken from FOLDER.
                      One step per batch; all rows of one batch have one length.
    head.safetensors  classifier.weight, classifier.bias and every other parameter that the checkpoint lacks
                      (bert.pooler.*, pre_classifier.*). A parameter that neither file has is an error.

The loss of a step is the mean cross-entropy before its update. AdamW as torch.optim.AdamW, no decay on biases and
LayerNorm, linear warm-up and decay, clipping by global norm. Prints a line each 20 steps; writes JSON:
{losses, gradNorms (before clipping), learningRates, seconds, versions}.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForSequenceClassification, get_linear_schedule_with_warmup

NO_DROPOUT = {
    "bert": ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"),
    "distilbert": ("dropout", "attention_dropout", "seq_classif_dropout"),
}


def load_model(model_dir, head, attention):
    config = AutoConfig.from_pretrained(model_dir, num_labels=head["classifier.weight"].shape[0])
    for name in NO_DROPOUT[config.model_type]:
        setattr(config, name, 0.0)
    model, report = AutoModelForSequenceClassification.from_pretrained(
        model_dir, config=config, attn_implementation=attention, dtype=torch.float32, output_loading_info=True
    )
    absent = set(report["missing_keys"]) - set(head)
    if absent:
        raise SystemExit(f"head.safetensors: expected every parameter that {model_dir} lacks, missing {sorted(absent)}.")
    unknown = model.load_state_dict(head, strict=False).unexpected_keys
    if unknown:
        raise SystemExit(f"head.safetensors: expected names of {type(model).__name__}, got {unknown}.")
    return model


def parameter_groups(model, weight_decay):
    plain = lambda name: name.endswith("bias") or "norm" in name.lower()
    return [
        {"params": [p for name, p in model.named_parameters() if not plain(name)], "weight_decay": weight_decay},
        {"params": [p for name, p in model.named_parameters() if plain(name)], "weight_decay": 0.0},
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--attention", choices=["eager", "sdpa"], default="eager")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plan = json.loads((arguments.folder / "plan.json").read_text())
    torch.manual_seed(plan["seed"])  # nothing below draws; set so that a mistake would at least repeat

    model = load_model(arguments.folder / plan["modelDir"], load_file(arguments.folder / "head.safetensors"), arguments.attention)
    model.train()
    optimiser = torch.optim.AdamW(parameter_groups(model, plan["weightDecay"]), lr=plan["learningRate"])
    schedule = get_linear_schedule_with_warmup(optimiser, plan["warmupSteps"], plan["totalSteps"])

    losses, norms, rates = [], [], []
    start = time.perf_counter()
    for step, batch in enumerate(plan["batches"]):
        inputs = {"input_ids": torch.tensor(batch["inputIds"]), "attention_mask": torch.tensor(batch["attentionMask"])}
        if model.config.model_type == "bert":
            inputs["token_type_ids"] = torch.tensor(batch["tokenTypeIds"])
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(**inputs).logits, torch.tensor(batch["labels"]))
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), plan["maxGradNorm"]).item())
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 20 == 0 or step == len(plan["batches"]) - 1:
            print(f"step {step + 1}/{len(plan['batches'])} loss {losses[-1]:.6f}", flush=True)

    out = arguments.out or arguments.folder / "pytorch-losses.json"
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    result = {"losses": losses, "gradNorms": norms, "learningRates": rates, "seconds": time.perf_counter() - start}
    out.write_text(json.dumps(result | {"attention": arguments.attention, "threads": arguments.threads, "versions": versions}))


if __name__ == "__main__":
    main()
