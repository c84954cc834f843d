// usage: node document.js OPENAPI.json
// Whether the document is OpenAPI 3.1, its schemas are JSON Schema 2020-12, references lead somewhere, examples are valid by their schemas, and
// operations can be told apart.

import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Contract } from "./contract.js";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const problems = [];

const result = await new Validator().validate(structuredClone(document));
if (!result.valid) problems.push(typeof result.errors === "string" ? result.errors : JSON.stringify(result.errors, null, 1));
const contract = new Contract(document);
problems.push(...contract.problemsOfSchemas(), ...contract.problemsOfExamples());

const ids = new Map();
for (const [path, item] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (!operation.responses) continue;
    const name = `${method.toUpperCase()} ${path}`;
    if (!operation.operationId || !operation.summary || !operation.tags) problems.push(`${name}: operationId, summary or tags are missing`);
    if (ids.has(operation.operationId)) problems.push(`${name}: has the operationId of ${ids.get(operation.operationId)}`);
    ids.set(operation.operationId, name);
    const given = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((each) => each.name ?? document.components.parameters[each.$ref.split("/").pop()].name);
    for (const [, parameter] of path.matchAll(/\{([^}]+)\}/g)) if (!given.includes(parameter)) problems.push(`${name}: {${parameter}} is not described`);
  }
}

for (const problem of problems) console.error(problem);
console.log(`${ids.size} operations, ${Object.keys(document.components.schemas).length} schemas, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
