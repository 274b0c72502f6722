"""Holds an adapter in PEFT's hands to the merged model beside it:

    python scripts/check-peft.py BASE SAVED

BASE is the model folder that training started from, SAVED what `crisp train … --lora_rank` wrote: a whole model, and `adapter/` in it.
Loads both, and prints the largest difference of their logits over some sentences; ends with 1 above 1e-4. Needs torch, transformers, peft.
"""

import sys

import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

base, saved = sys.argv[1:]
texts = ["a gorgeous , witty , seductive movie .", "dull , lifeless", "it does n't work as either", "fine", "the film is " + "very " * 40 + "long"]
tokenizer = AutoTokenizer.from_pretrained(saved)
batch = tokenizer(texts, padding=True, return_tensors="pt")
merged = AutoModelForSequenceClassification.from_pretrained(saved).eval()
start = AutoModelForSequenceClassification.from_pretrained(base, num_labels=merged.config.num_labels)
adapted = PeftModel.from_pretrained(start, f"{saved}/adapter").eval()
with torch.no_grad():
    own, theirs = merged(**batch).logits, adapted(**batch).logits
    with adapted.disable_adapter():
        without = adapted(**batch).logits
difference = (own - theirs).abs().max().item()
moved = (theirs - without).abs().max().item()
print(f"largest difference of logits {difference:.2e}; the adapter moves them by up to {moved:.2e}")
sys.exit(0 if difference <= 1e-4 and moved > 1e-3 else 1)
