// Measures the images whose URLs it reads from standard input with probe-image-size. Run by
// bench/corpus.py.
// usage: measure.js CONCURRENCY. Input: URLs, one a line, an empty line, then "go". Output:
// "ready", "done" when all are measured, and
// one line of JSON with [width, height] or an error's text for each, in order.
"use strict";

const http = require("http");
const readline = require("readline");
const probe = require("probe-image-size");

const concurrency = Number(process.argv[2]);
const agent = new http.Agent({
  keepAlive: true,
  maxSockets: concurrency,
  maxFreeSockets: concurrency,
});
const urls = [];
const answers = [];

async function worker(next) {
  for (let n = next(); n < urls.length; n = next()) {
    try {
      const { width, height } = await probe(urls[n], { agent });
      answers[n] = [width, height];
    } catch (error) {
      answers[n] = String(error.message);
    }
  }
}

async function measure() {
  let at = 0;
  await Promise.all(Array.from({ length: concurrency }, () => worker(() => at++)));
  process.stdout.write("done\n" + JSON.stringify(answers) + "\n", () => process.exit(0));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "go") measure();
  else if (line === "") process.stdout.write("ready\n");
  else urls.push(line);
});
