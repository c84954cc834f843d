// The check itself: what it must not let pass.

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Contract } from "./contract.js";
import { problemsOfWords } from "./words.js";

const description =
  process.env.OPENAPI ?? new URL("../../build/dev/api/openapi.json", import.meta.url);
const document = JSON.parse(readFileSync(description, "utf8"));

const HEADERS = {
  "Content-Type": "application/json",
  "X-Request-Id": "a",
  Date: "now",
  Server: "retail-pulse",
};

/// An exchange that is as described, but for what a test changes.
function exchange({
  method = "GET",
  target = "/api/status?jobid=1",
  status = 200,
  headers = {},
  body = ongoing(),
  whole = true,
  ...rest
} = {}) {
  const tag = target?.includes("/api/status") &&
    status === 200 && { ETag: 'W/"1773057600000.1.1.0.ongoing"' };
  const all = Object.entries({ ...HEADERS, ...tag, ...headers }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    method,
    target,
    status,
    headers: all,
    body: typeof body === "string" ? body : JSON.stringify(body),
    whole,
    ...rest,
  };
}

function ongoing(more = {}) {
  return {
    status: "ongoing",
    job_id: 1,
    images: { total: 2, done: 1, failed: 0 },
    submitted_at: "2026-03-09T12:00:00.000Z",
    ...more,
  };
}

function passes(given) {
  assert.deepStrictEqual(new Contract(document).problemsOf(exchange(given)), []);
}

function fails(given, ...words) {
  const problems = new Contract(document).problemsOf(exchange(given)).join("; ");
  assert.notStrictEqual(problems, "", "nothing was found");
  for (const word of words) assert.ok(problems.includes(word), `'${word}' is not in: ${problems}`);
}

const problem = (status, code, instance) => ({
  type: "about:blank",
  title: "x",
  status,
  detail: "x",
  instance,
  code,
});
const closing = { Connection: "close" };
const problemType = { "Content-Type": "application/problem+json" };

test("what is as described passes", () => {
  passes();
  passes({ target: "/api/status/?jobid=1" });
  passes({ target: "http://h.example/api/status?jobid=1" });
  passes({ target: "HTTP://h.example/api/status?jobid=1" });
  passes({ method: "POST", target: "/api/submit", status: 201, body: { job_id: 1 } });
  passes({ method: "HEAD", body: "" });
  passes({
    target: "/api/jobs/1/audit",
    status: 404,
    headers: problemType,
    body: problem(404, "job_not_found", "/api/jobs/1/audit"),
  });
});

test("what is turned down before its route has one form on every path", () => {
  const body = (status, code) => ({ ...problem(status, code, "/x"), error: "x" });
  for (const target of ["/api/submit", "/api/jobs/1/audit", "/nothing", "*"]) {
    passes({
      method: "POST",
      target,
      status: 403,
      headers: problemType,
      body: body(403, "cross_site_request"),
    });
    passes({ target, status: 421, headers: problemType, body: body(421, "unknown_host") });
    fails(
      { target, status: 421, headers: problemType, body: problem(421, "unknown_host", "/x") },
      "error",
    );
    fails({ target, status: 421, headers: problemType, body: body(421, "not_found") }, "code");
    fails({ target, status: 403, body: { error: "x" } }, "application/json");
  }
});

test("a wrong body fails", () => {
  fails({ body: "{" }, "JSON");
  fails({ body: { ...ongoing(), job_id: "1" } }, "/job_id", "integer");
  fails({ body: { ...ongoing(), status: "staging" } }, "/status");
  fails({ body: { ...ongoing(), submitted_at: "yesterday" } }, "/submitted_at");
  fails({ body: ongoing({ finished_at: "2026-03-09T12:00:00.000Z" }) });
  fails({ body: ongoing({ images: { total: 2, done: 1 } }) }, "failed");
});

test("a body that is cut fails, but for a stream that broke off", () => {
  fails({ body: '{"status":', whole: false }, "cut");
  passes({
    target: "/api/visits",
    headers: { "Transfer-Encoding": "chunked" },
    body: '{"results":[',
    whole: false,
  });
  fails(
    { target: "/api/visits", headers: { "Transfer-Encoding": "chunked" }, body: '{"results":[' },
    "JSON",
  );
});

test("a member that is not described fails", () => {
  fails({ body: ongoing({ owner: "me" }) }, "owner");
  fails({ body: ongoing({ images: { total: 2, done: 1, failed: 0, lost: 0 } }) }, "lost");
  fails({ status: 400, body: { error: "x", code: "y" } }, "code");
});

test("a status that is not described fails", () => {
  fails({ status: 418, body: { error: "x" } }, "418");
  fails({ method: "POST", target: "/api/submit", body: { job_id: 1 } }, "200");
});

test("a content type that is not described fails", () => {
  fails({ headers: { "Content-Type": "text/html" } }, "text/html");
  fails({ headers: { "Content-Type": undefined } });
  fails({ target: "/api/jobs/1/audit", status: 404, body: { error: "x" } }, "application/json");
});

test("a header that is missing, wrong or not described fails", () => {
  fails({ headers: { "X-Request-Id": undefined } }, "X-Request-Id");
  fails({ headers: { "X-Request-Id": "a b" } }, "X-Request-Id");
  fails({ headers: { "X-Powered-By": "pigeons" } }, "X-Powered-By");
  fails({ headers: { ETag: undefined } }, "ETag");
  fails({ status: 503, body: { error: "x" } }, "Retry-After");
  fails({ status: 503, headers: { "Retry-After": "soon" }, body: { error: "x" } }, "Retry-After");
});

test("a path that is not described is answered with 404, in the form of its layer", () => {
  passes({ target: "/nothing", status: 404, body: { error: "x" } });
  fails({ target: "/nothing", status: 200, body: {} }, "no such path");
  passes({
    target: "/api/jobs/1/nothing",
    status: 404,
    headers: problemType,
    body: problem(404, "not_found", "/api/jobs/1/nothing"),
  });
  fails({ target: "/api/jobs/1/nothing", status: 404, body: { error: "x" } });
  passes({
    target: "/docs/nothing",
    status: 404,
    headers: problemType,
    body: problem(404, "not_found", "/docs/nothing"),
  });
});

test("a method that is not described is answered with 405 and the methods that are", () => {
  passes({
    method: "PUT",
    target: "/api/submit",
    status: 405,
    headers: { Allow: "POST, OPTIONS" },
    body: { error: "x" },
  });
  fails({ method: "PUT", target: "/api/submit", status: 405, body: { error: "x" } }, "Allow");
  fails(
    {
      method: "PUT",
      target: "/api/submit",
      status: 405,
      headers: { Allow: "GET, HEAD, OPTIONS" },
      body: { error: "x" },
    },
    "Allow",
  );
  fails({ method: "PUT", target: "/api/submit", status: 200, body: { job_id: 1 } }, "405");
  fails({
    method: "PUT",
    target: "/healthz",
    status: 405,
    headers: { Allow: "GET, HEAD, OPTIONS" },
    body: { error: "x" },
  });
  passes({
    method: "OPTIONS",
    target: "/api/submit",
    headers: { Allow: "POST, OPTIONS", "Content-Type": undefined },
    body: "",
  });
  fails(
    {
      method: "OPTIONS",
      target: "/api/submit",
      headers: { Allow: "POST", "Content-Type": undefined },
      body: "",
    },
    "Allow",
  );
});

test("a refusal closes the connection and has one sentence", () => {
  passes({ method: null, target: null, status: 501, headers: closing, body: { error: "x" } });
  passes({ status: 408, headers: closing, body: { error: "x" } });
  passes({
    target: "/api/jobs/1/audit",
    status: 503,
    headers: { ...closing, "Retry-After": "5" },
    body: { error: "x" },
  });
  fails({ method: null, target: null, status: 501, body: { error: "x" } });
  fails({ method: null, target: null, status: 200, headers: closing, body: { error: "x" } });
  fails({
    method: null,
    target: null,
    status: 400,
    headers: closing,
    body: { error: "x", more: 1 },
  });
  fails({ status: 408, body: { error: "x" } }, "408");
});

test("the answer to a HEAD has no body", () => {
  fails({ method: "HEAD" }, "HEAD");
});

test("every line and every event of a stream is checked", () => {
  const stream = { "Content-Type": "text/event-stream" };
  const progress = JSON.stringify({
    job_id: 1,
    run: 1,
    status: "ongoing",
    images: { total: 2, done: 1, failed: 0 },
  });
  const events = (text, more) => ({
    target: "/api/jobs/1/events",
    headers: stream,
    body: text,
    ...more,
  });
  passes(
    events(
      `retry: 2000\n\nevent: progress\nid: 1.1\ndata: ${progress}\n\n:\n\nevent: end\ndata: ${JSON.stringify(ongoing())}\n\n`,
    ),
  );
  passes(events(`event: progress\ndata: ${progress}\n\nevent: prog`, { whole: false }));
  fails(events(`event: progress\ndata: ${progress.replace("total", "all")}\n\n`), "all");
  fails(events(`event: update\ndata: ${progress}\n\n`), "update");
  fails(events("event: progress\nid: 1.1\n\n"), "data");
  fails(events(`events: progress\ndata: ${progress}\n\n`), "events");
});

test("every line of a report is checked, and the names of its columns", () => {
  const file = (form, type, text, more) => ({
    target: `/api/jobs/1/results.${form}`,
    body: text,
    ...more,
    headers: {
      "Content-Type": type,
      "Content-Disposition": `attachment; filename="job-1.${form}"`,
    },
  });
  const lines = (text, more) => file("ndjson", "application/x-ndjson", text, more);
  const image = JSON.stringify({
    number: 0,
    url: "u",
    store_id: "S1",
    visit_time: "noon",
    state: "pending",
  });
  passes(lines(`${image}\n${image}\n`));
  passes(lines(`${image}\n{"numb`, { whole: false }));
  fails(lines(`${image}\n${image.replace("pending", "lost")}\n`), "line 2", "/state");
  fails(lines(`${image.replace("{", '{"owner":"me",')}\n`), "owner");
  const columns =
    "image,store_id,visit_time,url,state,width,height,perimeter,format,bytes,attempts,code,error," +
    "final_url,address,http_status,dns_ms,connect_ms,total_ms,kept";
  passes(file("csv", "text/csv; charset=utf-8", `${columns}\r\n`));
  passes(file("csv", "text/csv; charset=utf-8", `\ufeff${columns}\r\n`)); // as `bom=1` has it
  fails(file("csv", "text/csv; charset=utf-8", `${columns},owner\r\n`), "first line");
});

test("a path without a parameter is never taken for one with it", () => {
  const target = "/api/stores/reload";
  fails({ target, body: { store_id: "reload", store_name: "x", area: "y" } }, "405");
  passes({
    target,
    status: 405,
    headers: { ...problemType, Allow: "POST, OPTIONS" },
    body: problem(405, "method_not_allowed", target),
  });
  passes({ method: "POST", target, body: { stores: 1, warnings: [] } });
  passes({
    method: "OPTIONS",
    target,
    headers: { Allow: "POST, OPTIONS", "Content-Type": undefined },
    body: "",
  });
  fails(
    {
      method: "OPTIONS",
      target,
      headers: { Allow: "POST, GET, HEAD, OPTIONS", "Content-Type": undefined },
      body: "",
    },
    "Allow",
  );
});

test("an example that does not match its schema is found", () => {
  const wrong = structuredClone(document);
  wrong.paths["/api/submit"].post.responses["201"].content["application/json"].example = {
    job_id: 0,
  };
  assert.match(new Contract(wrong).problemsOfExamples().join(), /job_id/);
  assert.deepStrictEqual(new Contract(document).problemsOfExamples(), []);
});

test("an example in lines, events or columns that is not as described is found", () => {
  const problemsOf = (path, change) => {
    const wrong = structuredClone(document);
    const [media] = Object.values(wrong.paths[path].get.responses["200"].content);
    media.example = change(media.example);
    return new Contract(wrong).problemsOfExamples().join();
  };
  assert.match(
    problemsOf("/api/jobs/{id}/results.ndjson", (text) => text.replace("succeeded", "lost")),
    /state/,
  );
  assert.match(
    problemsOf("/api/jobs/{id}/events", (text) => text.replace('"run":1', '"run":0')),
    /run/,
  );
  assert.match(
    problemsOf("/api/jobs/{id}/results.csv", (text) => text.replace("image,", "number,")),
    /first line/,
  );
});

test("what is not explained is found", () => {
  const found = (change) => {
    const wrong = structuredClone(document);
    change(wrong);
    return problemsOfWords(wrong).join("; ");
  };
  const submit = (of) => of.paths["/api/submit"].post;
  assert.strictEqual(
    found(() => {}),
    "",
  );
  assert.match(
    found((of) => delete submit(of).summary),
    /POST \/api\/submit: has no summary/,
  );
  assert.match(
    found((of) => (submit(of).summary = "one two three four five six seven eight nine ten eleven")),
    /11 words/,
  );
  assert.match(
    found((of) => delete submit(of).description),
    /POST \/api\/submit: has no description/,
  );
  assert.match(
    found((of) => delete submit(of).requestBody.content["application/json"].example),
    /request\/.*no example/,
  );
  assert.match(
    found((of) => delete submit(of).responses["201"].content["application/json"].example),
    /201\/.*no example/,
  );
  assert.match(
    found((of) => delete of.components.parameters.Limit.example),
    /limit: has no example/,
  );
  assert.match(
    found((of) => delete of.components.parameters.Limit.description),
    /limit: has no description/,
  );
  assert.match(
    found((of) => delete of.components.headers.ETag.description),
    /ETag: has no description/,
  );
  assert.match(
    found((of) => delete of.components.schemas.Visit.properties.visit_time.description),
    /Visit\/visit_time/,
  );
  assert.match(
    found((of) => delete of.components.schemas.Visit.description),
    /Visit: has no description/,
  );
});

test("a reference that leads nowhere is found", () => {
  const wrong = structuredClone(document);
  wrong.components.schemas.Visit.properties.store_id = { $ref: "#/components/schemas/Nobody" };
  assert.match(new Contract(wrong).problemsOfSchemas().join(), /Nobody/);
});
