// A peer to measure against: the same API on express, undici and image-size as many would write it.
// Jobs live in a map, so a restart loses them; 256 fetches at once. Its settings are the best that
// were found for it: one Agent with as many connections as fetches and no pipelining, bodies read
// whole (image-size wants a buffer), and no logging.
//
// usage: node server.js [--port N] [--delay-min MS] [--delay-max MS] [--fetches N] [--stores FILE]
import fs from "node:fs";
import { parseArgs } from "node:util";
import express from "express";
import sizeOf from "image-size";
import { Agent, request } from "undici";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "delay-min": { type: "string", default: "100" },
    "delay-max": { type: "string", default: "400" },
    fetches: { type: "string", default: "256" },
    stores: { type: "string", default: "data/StoreMasterAssignment.csv" },
  },
});
const delayMin = Number(options["delay-min"]);
const delayMax = Number(options["delay-max"]);
const fetches = Number(options.fetches);
const stores = new Set(
  fs
    .readFileSync(options.stores, "utf8")
    .split(/\r?\n/)
    .slice(1)
    .filter(Boolean)
    .map((row) => row.split(",").at(-1)),
);
const dispatcher = new Agent({
  connections: fetches,
  pipelining: 1,
  headersTimeout: 10_000,
  bodyTimeout: 10_000,
});

const jobs = new Map();
let lastId = 0;
let running = 0;
const waiting = []; // images that no slot is free for
let head = 0;

function start(image) {
  waiting.push(image);
  pump();
}

function pump() {
  while (running < fetches && head < waiting.length) {
    const image = waiting[head++];
    if (head > 65_536) (waiting.splice(0, head), (head = 0));
    running++;
    measure(image.url)
      .then(
        (perimeter) => settle(image, perimeter, null),
        (error) => settle(image, 0, error),
      )
      .finally(() => {
        running--;
        pump();
      });
  }
}

async function measure(url) {
  const { statusCode, body } = await request(url, { dispatcher });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`status ${statusCode}`);
  }
  const { width, height } = sizeOf(new Uint8Array(await body.arrayBuffer()));
  return 2 * (width + height);
}

function settle({ job, store, url }, perimeter, error) {
  const record = () => {
    job.done++;
    if (error) {
      job.failed++;
      job.errors.push({ store_id: store, error: error.message });
    } else {
      job.perimeters.set(url, perimeter);
    }
  };
  if (error || delayMax === 0) record();
  else setTimeout(record, delayMin + Math.random() * (delayMax - delayMin));
}

const app = express();
app.disable("x-powered-by");
app.set("etag", false);
app.get("/healthz", (_, response) => response.json({ status: "ok" }));
app.post("/api/submit", express.json({ limit: "64mb", type: () => true }), (request_, response) => {
  const { count, visits } = request_.body ?? {};
  if (!Array.isArray(visits) || visits.length === 0 || count !== visits.length) {
    return response.status(400).json({ error: "count is not the number of visits" });
  }
  const job = { total: 0, done: 0, failed: 0, perimeters: new Map(), errors: [] };
  for (const visit of visits) job.total += visit.image_url.length;
  const id = ++lastId;
  jobs.set(id, job);
  response.status(201).json({ job_id: id });
  for (const visit of visits) {
    if (!stores.has(visit.store_id)) {
      job.errors.push({ store_id: visit.store_id, error: "Store ID does not exist" });
      job.done += visit.image_url.length;
      job.failed += visit.image_url.length;
      continue;
    }
    for (const url of visit.image_url) start({ job, store: visit.store_id, url });
  }
});
app.get("/api/status", (request_, response) => {
  const id = Number(request_.query.jobid);
  const job = jobs.get(id);
  if (!job) return response.status(400).json({ error: "there is no such job" });
  const status = job.done < job.total ? "ongoing" : job.failed > 0 ? "failed" : "completed";
  const answer = {
    status,
    job_id: id,
    images: { total: job.total, done: job.done, failed: job.failed },
  };
  if (status === "failed") answer.error = job.errors;
  response.json(answer);
});
app.use((error, _request, response, _next) =>
  response.status(error.status ?? 500).json({ error: error.message }),
);

const server = app.listen(Number(options.port), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);
