#!/usr/bin/env node
// `crisp` in a clone; plain JavaScript, because a Node that cannot read TypeScript is to say so in one line.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) await import("../src/cli/main.ts");
else {
  console.error(
    `crisp: expected Node 22.18 or newer, got ${process.versions.node}. Install one from https://nodejs.org, or let npm do it: npm run crisp -- <verb>`,
  );
  process.exitCode = 1;
}
