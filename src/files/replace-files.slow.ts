import { killedReplacementContract } from "./replace-files.contract.ts";

killedReplacementContract({ every: 1, least: 10 });
