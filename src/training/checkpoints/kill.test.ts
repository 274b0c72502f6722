import { killContract } from "./kill.contract.ts";

// many more kills are in kill.slow.ts
killContract({ most: 10, leastWhileWriting: 3 });
