// Claim 9 of docs/claims.md: crisp study evidence/rivals.ts --output_dir runs/rivals
// Every arm, topK too, has three trials: its learning rate, chosen on the selection split by seeds that no reported run has.
import primary from "./primary.ts";

const rival = (name: string, options: object) => ({ name, pattern: "dense", options });

export default {
  ...primary,
  study: "rivals",
  tasks: primary.tasks.filter(({ name }) => ["sst2", "rte"].includes(name)),
  arms: [
    ...primary.arms.filter(({ name }) => ["dense", "topk80"].includes(name)),
    rival("dropout", { hidden_dropout_prob: 0.2 }),
    rival("attention-dropout", { attention_probs_dropout_prob: 0.2 }),
    rival("r-drop", { r_drop_alpha: 1 }),
    rival("label-smoothing", { label_smoothing_factor: 0.1 }),
    rival("weight-decay", { weight_decay: 0.1 }),
  ],
  claims: ["topk80"],
  tuning: {
    trials: [{ learning_rate: 2e-5 }, { learning_rate: 5e-5 }, { learning_rate: 1e-4 }],
    seeds: [101, 102, 103, 104, 105],
  },
};
