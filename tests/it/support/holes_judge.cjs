// Judges the packages in a lock file of npm by what retire.js knows of holes in them.
//
// usage: node holes_judge.cjs NODE_MODULES DATABASE LOCK
//
// Prints a line for every package that the database knows, with the holes that are high or worse; exits with 1 if
// there is any.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [modules, database, lock] = process.argv.slice(2);
const retire = require(path.join(modules, "retire"));
const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

const known = read(database);
let holes = 0;
for (const [place, { version }] of Object.entries(read(lock).packages)) {
  const name = place.split("node_modules/").at(-1);
  for (const component of Object.keys(known).filter((key) => (known[key].npmname ?? key) === name)) {
    const found = retire.check(component, version, known).flatMap((result) => result.vulnerabilities ?? []);
    const serious = found.filter(({ severity }) => severity === "high" || severity === "critical");
    console.log([`${name} ${version}`, ...serious.map(({ identifiers }) => identifiers.summary)].join("\n  hole: "));
    holes += serious.length;
  }
}
process.exit(holes === 0 ? 0 : 1);
