import { maskedSoftmax } from "../../graph/index.ts";
import type { Normaliser } from "./normaliser.ts";

/** `exp(z) / Σ exp(z)`: every kept pair has a probability above 0. */
export const softmax: Normaliser = {
  name: "softmax",
  summary: "every kept pair has a share",
  removesPairs: false,
  byBlocks: true,
  normalise: (scores, keep, { rowsKeepOne }) => maskedSoftmax(scores, keep, { rowsKeepOne }),
};
