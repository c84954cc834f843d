// What a reader of the description must find: every operation has a short summary, a description
// and examples of what is sent and returned; every parameter has an example; and every parameter,
// header, response, schema and property says what it is. That examples are valid is checked in
// contract.js.

const SUMMARY_WORDS = 10;

/// What is missing, in words; nothing when the description is complete.
export function problemsOfWords(document) {
  const problems = [];
  const complain = (at, what) => problems.push(`${at.join("/")}: ${what}`);
  const at = (ref) =>
    ref
      .slice(2)
      .split("/")
      .reduce((node, part) => node[part], document);
  const resolved = (node) => (node.$ref ? resolved(at(node.$ref)) : node);

  const isExplained = (node) => Boolean(node.description ?? resolved(node).description);
  const hasExample = (node) => "example" in node || Object.keys(node.examples ?? {}).length > 0;

  function checkContent(content, at) {
    for (const [type, media] of Object.entries(content ?? {})) {
      if (!hasExample(media)) complain([...at, type], "has no example");
      checkSchema(media.schema, [...at, type]);
    }
  }

  function checkParameter(given, at) {
    const parameter = resolved(given);
    const where = [...at, parameter.name];
    if (!isExplained(parameter)) complain(where, "has no description");
    if (!hasExample(parameter) && !hasExample(parameter.schema)) complain(where, "has no example");
  }

  function checkResponse(given, at) {
    const response = resolved(given);
    if (!isExplained(response)) complain(at, "has no description");
    checkContent(response.content, at);
    for (const [name, header] of Object.entries(response.headers ?? {})) {
      if (!isExplained(header)) complain([...at, name], "has no description");
    }
  }

  function checkSchema(schema, at) {
    for (const [name, property] of Object.entries(schema?.properties ?? {})) {
      if (property === false) continue;
      const where = [...at, name];
      if (!isExplained(property)) complain(where, "has no description");
      checkSchema(property, where);
    }
    if (schema?.items) checkSchema(schema.items, [...at, "items"]);
    for (const each of [...(schema?.allOf ?? []), ...(schema?.anyOf ?? [])]) checkSchema(each, at);
  }

  function checkOperation(operation, at) {
    const words = (operation.summary ?? "").split(/\s+/).filter(Boolean);
    if (!words.length) complain(at, "has no summary");
    if (words.length > SUMMARY_WORDS) {
      complain(at, `the summary has ${words.length} words; at most ${SUMMARY_WORDS}`);
    }
    if (!operation.description) complain(at, "has no description");
    for (const parameter of operation.parameters ?? []) checkParameter(parameter, at);
    checkContent(operation.requestBody?.content, [...at, "request"]);
    for (const [status, response] of Object.entries(operation.responses)) {
      checkResponse(response, [...at, status]);
    }
  }

  for (const group of ["paths", "webhooks"]) {
    for (const [path, item] of Object.entries(document[group] ?? {})) {
      for (const parameter of item.parameters ?? []) checkParameter(parameter, [path]);
      for (const [method, operation] of Object.entries(item)) {
        if (operation.responses) checkOperation(operation, [method.toUpperCase() + " " + path]);
      }
    }
  }
  for (const [name, response] of Object.entries(document.components.responses)) {
    checkResponse(response, [name]);
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (!schema.description) complain([name], "has no description");
    checkSchema(schema, [name]);
  }
  return problems;
}
