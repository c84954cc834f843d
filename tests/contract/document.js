// usage: node document.js OPENAPI.json
// Whether the document is OpenAPI 3.1, its schemas are JSON Schema 2020-12, references lead
// somewhere, operations can be told apart, and everything is explained: see words.js.

import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Contract } from "./contract.js";
import { problemsOfWords } from "./words.js";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const problems = [];

const result = await new Validator().validate(structuredClone(document));
if (!result.valid) {
  const errors = result.errors;
  problems.push(typeof errors === "string" ? errors : JSON.stringify(errors, null, 1));
}
const contract = new Contract(document);
problems.push(...contract.problemsOfSchemas(), ...contract.problemsOfExamples());
problems.push(...problemsOfWords(document));

const nameOf = (parameter) =>
  parameter.name ?? document.components.parameters[parameter.$ref.split("/").pop()].name;
const ids = new Map();
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (!operation.responses) continue;
    const name = `${method.toUpperCase()} ${path}`;
    if (!operation.operationId || !operation.tags) problems.push(`${name}: no operationId or tags`);
    if (ids.has(operation.operationId)) {
      problems.push(`${name}: has the operationId of ${ids.get(operation.operationId)}`);
    }
    ids.set(operation.operationId, name);
    const given = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(nameOf);
    for (const [, parameter] of path.matchAll(/\{([^}]+)\}/g)) {
      if (!given.includes(parameter)) problems.push(`${name}: {${parameter}} is not described`);
    }
  }
}

for (const problem of problems) console.error(problem);
const schemas = Object.keys(document.components.schemas).length;
console.log(`${ids.size} operations, ${schemas} schemas, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
