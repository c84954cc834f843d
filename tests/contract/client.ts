// A client whose types are generated from the description of the API: that it compiles shows that
// the document says enough to be used, and that it runs that the document says the truth. usage:
// node client.js SERVICE GOOD_IMAGE BAD_IMAGE

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type JobStatus = components["schemas"]["JobStatus"];

const [service, good, bad] = process.argv.slice(2) as [string, string, string];
const api = createClient<paths>({ baseUrl: service });

/// What an operation answered, or an end of the program that says what it answered instead.
function told<Data>(
  what: string,
  answer: { data?: Data; error?: unknown; response: Response },
): Data {
  if (answer.data === undefined)
    throw new Error(`${what}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

async function ended(job: number): Promise<JobStatus> {
  for (;;) {
    const status = told(
      "status",
      await api.GET("/api/status", { params: { query: { jobid: job } } }),
    );
    if (status.status !== "ongoing") return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const visits = [
  { store_id: "S00339218", image_url: [good, bad], visit_time: "2026-03-09T12:00:00" },
  { store_id: "S01408764", image_url: [good], visit_time: "2026-03-11" },
];
const { job_id } = told(
  "submit",
  await api.POST("/api/submit", { body: { count: visits.length, visits } }),
);
const status = await ended(job_id);
const audit = told(
  "audit",
  await api.GET("/api/jobs/{id}/audit", { params: { path: { id: job_id } } }),
);

type Image = components["schemas"]["Image"];
const images: Image[] = [];
for (let cursor: string | undefined; ;) {
  const query = cursor === undefined ? { limit: 2 } : { limit: 2, cursor };
  const page = told(
    "images",
    await api.GET("/api/jobs/{id}/images", { params: { path: { id: job_id }, query } }),
  );
  images.push(...page.images);
  cursor = page.next;
  if (cursor === undefined) break;
}
const states = images.map((image) => image.state);
const perimeters = images.map((image) => image.perimeter ?? null);
const lines = told(
  "results",
  await api.GET("/api/jobs/{id}/results.ndjson", {
    params: { path: { id: job_id } },
    parseAs: "text",
  }),
);
const results = lines
  .trimEnd()
  .split("\n")
  .map((line) => (JSON.parse(line) as Image).number);
const failures = (status.error ?? []).map((failure) => [failure.store_id, failure.code] as const);

const missing = await api.GET("/api/jobs/{id}/audit", { params: { path: { id: job_id + 1 } } });
const refused = missing.error && "code" in missing.error ? missing.error.code : undefined;

console.log(
  JSON.stringify({
    status: status.status,
    images: status.images,
    failures,
    states,
    perimeters,
    results,
    conserved: audit.conserved,
    refused,
  }),
);
