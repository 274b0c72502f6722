/** What both front doors give. */

export {
  type AttentionPlan,
  anyOf,
  block,
  bottomK,
  dense,
  global,
  heads,
  inOrder,
  nOfM,
  type Pattern,
  parsePattern,
  random,
  slidingWindow,
  strided,
  threshold,
  topK,
  topP,
} from "./attention/index.ts";
export { CrispError } from "./errors/index.ts";
