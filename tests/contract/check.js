// usage: node check.js OPENAPI.json EXCHANGES.ndjson...
// Fails, naming every exchange, when something was answered that the document does not describe;
// and when an operation was never seen to succeed, because what was not asked was not checked.

import { readFileSync } from "node:fs";
import { Contract } from "./contract.js";

const [, , description, ...files] = process.argv;
if (!description || !files.length) {
  console.error("usage: node check.js OPENAPI.json EXCHANGES.ndjson...");
  process.exit(2);
}

const contract = new Contract(JSON.parse(readFileSync(description, "utf8")));
const complaints = new Map(); // what is wrong -> the first exchange, and how many
let exchanges = 0;
for (const file of files) {
  for (const [n, line] of readFileSync(file, "utf8").split("\n").entries()) {
    if (!line) continue;
    ++exchanges;
    const exchange = JSON.parse(line);
    const problems = contract.problemsOf(exchange);
    if (!problems.length) continue;
    const title = `${exchange.method ?? "(no HTTP)"} ${shortened(exchange.target ?? "")} -> ${exchange.status}`;
    const key = problems.join("; ");
    const known = complaints.get(key);
    if (known) ++known.more;
    else
      complaints.set(key, {
        where: `${file}:${n + 1}: ${title}`,
        body: shortened(exchange.body ?? "(not text)", 300),
        problems,
        more: 0,
      });
  }
}

for (const { where, body, problems, more } of complaints.values()) {
  console.error(
    `${where}\n    ${problems.join("\n    ")}\n    body: ${body}${more ? `\n    and ${more} more like this` : ""}`,
  );
}
const operations = new Map();
for (const answer of contract.described()) {
  const operation = answer.slice(0, answer.lastIndexOf(" "));
  operations.set(
    operation,
    (operations.get(operation) ?? false) || (contract.seen.has(answer) && /[23]..$/.test(answer)),
  );
}
const unseen = [...operations].filter(([, seen]) => !seen).map(([operation]) => operation);
for (const operation of unseen) console.error(`${operation}: no test has seen it succeed`);
const answers = contract.described();
console.log(
  `${exchanges} exchanges, ${operations.size} operations, ${contract.seen.size} of their ${answers.length} answers seen, ` +
    `${complaints.size} kinds of complaint`,
);
process.exit(complaints.size || unseen.length ? 1 : 0);

function shortened(text, most = 120) {
  return text.length > most ? text.slice(0, most) + "..." : text;
}
