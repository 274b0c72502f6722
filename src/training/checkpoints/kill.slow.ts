import { killContract } from "./kill.contract.ts";

killContract({ most: 50, leastWhileWriting: 15 });
