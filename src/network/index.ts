export { causeOf, isPassing, isUnconnected } from "./failures.ts";
export { keepsSecrets, meansSecretsInClear } from "./secrets.ts";
