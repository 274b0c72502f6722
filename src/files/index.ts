/** What works in Node and in the browser. */

export { joined, jsonBytes, stableJson } from "./stable-json.ts";
