export { normal, normalFill, permutation, uniform } from "./distributions.ts";
export { type DropoutRate, dropoutKeptReference, dropoutMaskReference, dropoutRate, uniformFillReference } from "./dropout.ts";
export { foldKey, hash32, hashWords, type KeyWords, maskHash, type RandomKey } from "./hash.ts";
