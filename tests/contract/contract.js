// The description of the API as something that exchanges can be held against. An exchange is a line
// of what the test clients write down: {"method", "target", "status", "headers": [[name, value]],
// "body" or "body_base64", "whole"}; method and target are null where the request was no HTTP that
// a test client could understand.

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const METHODS = ["get", "put", "post", "delete", "patch"];
const BASE = "openapi.json";

// What the listener answers by itself, on any path, before it closes the connection.
const REFUSALS = [400, 408, 413, 414, 417, 431, 501, 503, 505];

// Headers of HTTP itself, which any answer may have.
const GENERAL_HEADERS = [
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "referrer-policy",
  "server",
  "transfer-encoding",
  "x-accel-buffering",
  "x-content-type-options",
];

// What is answered on any path before its route is looked for; the connection goes on.
const TURNED_DOWN = [403, 421];

const pointer = (...parts) =>
  parts.map((part) => "/" + String(part).replaceAll("~", "~0").replaceAll("/", "~1")).join("");

export class Contract {
  #document;
  #ajv;
  #validators = new Map();
  #routes = [];
  seen = new Set(); // "GET /api/status 200"

  constructor(document) {
    this.#document = document;
    this.#ajv = new Ajv2020({
      allErrors: true,
      strict: true,
      strictRequired: false,
      strictTypes: false,
      validateSchema: true,
      allowUnionTypes: true,
    });
    addFormats(this.#ajv);
    // the document is the root of its schemas' references, so its own members count as
    // keywords
    this.#ajv.addVocabulary(Object.keys(document));
    this.#ajv.addSchema(document, BASE, undefined, false);
    for (const [path, item] of Object.entries(document.paths)) {
      this.#add(path, path, item);
      if (item["x-trailing-slash"]) this.#add(path, path + "/", item);
    }
    // a path without parameters goes before one that could stand for it
    this.#routes.sort((a, b) => a.parameters - b.parameters);
  }

  #add(path, served, item) {
    const text = served
      .split(/\{[^}]+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^/]+");
    this.#routes.push({
      path,
      item,
      parameters: served.split("{").length,
      pattern: new RegExp(`^${text}$`),
    });
  }

  /// Every answer of every operation, as "GET /api/status 200".
  described() {
    return Object.entries(this.#document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).flatMap((method) =>
        Object.keys(item[method].responses).map(
          (status) => `${method.toUpperCase()} ${path} ${status}`,
        ),
      ),
    );
  }

  /// What is wrong with an exchange, in words; nothing when the description knows it.
  problemsOf(exchange) {
    const answer = new Answer(exchange);
    if (exchange.method === null)
      return this.#refusal(answer) ?? ["a request without a route got what no listener answers"];
    if (TURNED_DOWN.includes(answer.status))
      return this.#check(answer, ["components", "responses", "TurnedDown"]);
    const path = pathOf(exchange.target);
    const route = this.#routes.find((each) => each.pattern.test(path));
    const of = (name) =>
      this.#refusal(answer) ?? this.#check(answer, ["components", "responses", name]);
    if (path === "*" && exchange.method === "OPTIONS") return of("Options");
    const belowLayerTwo = /^\/(api\/jobs|api\/stores|docs)(\/|$)/.test(path);
    if (!route)
      return answer.status === 404
        ? of(belowLayerTwo ? "ProblemNotFound" : "NotFound")
        : (this.#refusal(answer) ?? ["no such path is described"]);
    if (exchange.method === "OPTIONS") {
      return answer.status === 200
        ? [...of("Options"), ...this.#allow(answer, route)]
        : (this.#refusal(answer) ?? ["OPTIONS is answered with 200"]);
    }
    const method = exchange.method === "HEAD" ? "get" : exchange.method.toLowerCase();
    if (!METHODS.includes(method) || !route.item[method]) {
      if (answer.status !== 405)
        return (
          this.#refusal(answer) ?? [
            `${exchange.method} is not described here, so it is answered with 405`,
          ]
        );
      const isLayerOne = /^\/api\/(submit|status|visits)\/?$/.test(path);
      return [
        ...of(isLayerOne ? "MethodNotAllowed" : "ProblemMethodNotAllowed"),
        ...this.#allow(answer, route),
      ];
    }
    return this.#operation(answer, route, method);
  }

  #operation(answer, route, method) {
    const at = ["paths", route.path, method, "responses", answer.status];
    const described = this.#at(at);
    // A refusal has its own form, whatever the operation says of that status.
    const refused = () => this.#refusal(answer);
    if (!described) return refused() ?? [`status ${answer.status} is not described`];
    const problems = this.#check(answer, at);
    if (problems.length) return refused() ?? problems;
    this.seen.add(`${method.toUpperCase()} ${route.path} ${answer.status}`);
    return problems;
  }

  /// Nothing is wrong, or undefined where it is no refusal.
  #refusal(answer) {
    if (!REFUSALS.includes(answer.status) || answer.header("connection") !== "close")
      return undefined;
    if (answer.status === 503 && !answer.header("retry-after")) return undefined;
    const problems = this.#check(
      answer,
      ["components", "responses", "Refused"],
      answer.status === 503 ? ["retry-after"] : [],
    );
    return problems.length ? undefined : [];
  }

  #allow(answer, route) {
    const methods = METHODS.filter((method) => route.item[method]).flatMap((method) =>
      method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
    );
    const expected = [...methods, "OPTIONS"].sort().join(", ");
    const told = (answer.header("allow") ?? "").split(", ").sort().join(", ");
    return told === expected ? [] : [`Allow is '${told}', described is '${expected}'`];
  }

  #check(answer, at, moreHeaders = []) {
    const [response, where] = this.#resolved(at);
    return [
      ...this.#headers(answer, response, where, moreHeaders),
      ...this.#body(answer, response, where),
    ];
  }

  #headers(answer, response, where, more) {
    const problems = [];
    const described = Object.entries(response.headers ?? {});
    for (const [name] of described) {
      const [header, headerAt] = this.#resolved([...where, "headers", name]);
      const value = answer.header(name);
      if (value === undefined) {
        if (header.required) problems.push(`the header ${name} is missing`);
        continue;
      }
      const number = /^\d+$/.test(value) && this.#typeOf([...headerAt, "schema"]) === "integer";
      problems.push(
        ...this.#validate(
          number ? Number(value) : value,
          [...headerAt, "schema"],
          `header ${name}`,
        ),
      );
    }
    const known = new Set([
      ...GENERAL_HEADERS,
      ...more,
      ...described.map(([name]) => name.toLowerCase()),
    ]);
    for (const [name] of answer.headers)
      if (!known.has(name.toLowerCase())) problems.push(`the header ${name} is not described`);
    return problems;
  }

  #body(answer, response, where) {
    const content = Object.keys(response.content ?? {});
    if (!content.length) return answer.size ? ["a body is not described"] : [];
    const type = (answer.header("content-type") ?? "").split(";")[0].trim().toLowerCase();
    if (!content.includes(type))
      return [`the content type '${type}' is not described, but ${content.join(", ")}`];
    if (answer.toHead) return answer.size ? ["the answer to a HEAD has a body"] : [];
    return this.#bodyOfType(answer, type, [...where, "content", type]);
  }

  #bodyOfType(answer, type, at) {
    const media = this.#at(at);
    if (!answer.isText && type !== "application/octet-stream") return ["the body is not UTF-8"];
    if (/^application\/(.+\+)?json$/.test(type)) {
      if (answer.whole) return this.#json(answer.text, [...at, "schema"], "body");
      return answer.header("transfer-encoding") === "chunked" ? [] : ["the body is cut"]; // a stream may break off, for all to see
    }
    if (media["x-line-schema"])
      return answer
        .lines()
        .flatMap((line, n) => this.#json(line, [...at, "x-line-schema"], `line ${n + 1}`));
    if (media["x-event-schemas"]) return this.#events(answer, media, at);
    if (media["x-first-line"])
      return answer.text.replace(/^\ufeff/, "").split(/\r?\n/)[0] === media["x-first-line"] ||
        !answer.whole
        ? []
        : ["the first line is another than described"];
    return [];
  }

  #events(answer, media, at) {
    return answer.events().flatMap((event) => {
      const unknown = Object.keys(event).filter(
        (field) => !["event", "data", "id", "retry"].includes(field),
      );
      if (unknown.length) return [`the field '${unknown[0]}' of an event is not described`];
      if (event.data === undefined)
        return event.event === undefined ? [] : ["an event has no data, so clients ignore it"];
      const kind = event.event ?? "message";
      if (!(kind in media["x-event-schemas"])) return [`the event '${kind}' is not described`];
      return this.#json(event.data, [...at, "x-event-schemas", kind], `event ${kind}`);
    });
  }

  #json(text, at, what) {
    let value;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return [`${what}: ${error.message}`];
    }
    return this.#validate(value, at, what);
  }

  #validate(value, at, what) {
    const ref = BASE + "#" + pointer(...at);
    if (!this.#validators.has(ref)) this.#validators.set(ref, this.#ajv.compile({ $ref: ref }));
    const validate = this.#validators.get(ref);
    if (validate(value)) return [];
    return validate.errors.map(
      (error) => `${what}${error.instancePath} ${error.message}${detailOf(error)}`,
    );
  }

  /// Examples, defaults and the like: everything in the document that must be valid by a
  /// schema beside it.
  problemsOfExamples() {
    const problems = [];
    const visit = (node, at) => {
      if (node === null || typeof node !== "object") return;
      if (!Array.isArray(node) && node.schema) {
        problems.push(...this.#problemsOfText(node, at));
        if ("example" in node)
          problems.push(
            ...this.#validate(node.example, [...at, "schema"], `${pointer(...at)}: example `),
          );
        for (const [name, each] of Object.entries(node.examples ?? {})) {
          const [example] = each.$ref ? this.#resolved([...at, "examples", name]) : [each];
          problems.push(
            ...this.#validate(
              example.value,
              [...at, "schema"],
              `${pointer(...at)}: example ${name} `,
            ),
          );
        }
      }
      if (!Array.isArray(node) && ("type" in node || "enum" in node) && typeof node !== "string") {
        for (const value of Array.isArray(node.examples) ? node.examples : [])
          problems.push(...this.#validate(value, at, `${pointer(...at)}: example `));
        if ("default" in node)
          problems.push(...this.#validate(node.default, at, `${pointer(...at)}: default `));
      }
      for (const [key, each] of Object.entries(node))
        if (!["example", "examples", "default", "const", "enum"].includes(key))
          visit(each, [...at, key]);
    };
    visit(this.#document, []);
    return problems;
  }

  /// Of an example in lines, events or columns.
  #problemsOfText(media, at) {
    if (!media["x-line-schema"] && !media["x-event-schemas"] && !media["x-first-line"]) return [];
    const answer = new Answer({
      status: 200,
      headers: [],
      method: "GET",
      whole: true,
      body: media.example ?? "",
    });
    return this.#bodyOfType(answer, at.at(-1), at).map(
      (problem) => `${pointer(...at)}: example ${problem}`,
    );
  }

  /// Every schema can be compiled: no reference leads nowhere, and no keyword is misspelt.
  problemsOfSchemas() {
    const problems = [];
    for (const name of Object.keys(this.#document.components.schemas)) {
      try {
        this.#ajv.compile({ $ref: BASE + "#" + pointer("components", "schemas", name) });
      } catch (error) {
        problems.push(`schema ${name}: ${error.message}`);
      }
    }
    const visit = (node, at) => {
      if (node === null || typeof node !== "object") return;
      if (typeof node.$ref === "string" && this.#at(partsOf(node.$ref)) === undefined)
        problems.push(`${pointer(...at)}: ${node.$ref} leads nowhere`);
      for (const [key, each] of Object.entries(node)) visit(each, [...at, key]);
    };
    visit(this.#document, []);
    return problems;
  }

  #typeOf(at) {
    return this.#resolved(at)[0].type;
  }

  #at(at) {
    return at.reduce((node, part) => node?.[part], this.#document);
  }

  #resolved(at) {
    const node = this.#at(at);
    return node?.$ref ? this.#resolved(partsOf(node.$ref)) : [node, at];
  }
}

/// What came back, as the checks need it.
class Answer {
  constructor(exchange) {
    this.status = exchange.status;
    this.headers = exchange.headers;
    this.toHead = exchange.method === "HEAD";
    this.whole = exchange.whole;
    const bytes =
      "body_base64" in exchange
        ? Buffer.from(exchange.body_base64, "base64")
        : Buffer.from(exchange.body, "utf8");
    this.size = bytes.length;
    this.text = bytes.toString("utf8");
    // a body that was cut may end within a character
    this.isText = !("body_base64" in exchange) || !exchange.whole;
  }

  header(name) {
    return this.headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
  }

  /// Those that came to their end.
  lines() {
    return this.text.split("\n").slice(0, -1);
  }

  /// Of a text/event-stream; comments are left out, and an event that did not come to its end.
  events() {
    return this.text
      .split("\n\n")
      .slice(0, -1)
      .map((block) => {
        const event = {};
        for (const line of block.split("\n")) {
          const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
          if (name) event[name] = name in event ? `${event[name]}\n${value}` : value;
        }
        return event;
      })
      .filter((event) => Object.keys(event).length);
  }
}

function pathOf(target) {
  const relative = target.replace(/#.*$/s, "").replace(/^https?:\/\/[^/?]*/i, "");
  return relative.replace(/\?.*$/s, "") || "/";
}

function partsOf(ref) {
  return ref
    .replace(/^#\//, "")
    .split("/")
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function detailOf(error) {
  const { additionalProperty, unevaluatedProperty, allowedValue, allowedValues } = error.params;
  const what =
    additionalProperty ?? unevaluatedProperty ?? allowedValue ?? allowedValues?.join(", ");
  return what === undefined ? "" : ` (${what})`;
}
