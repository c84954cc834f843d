"""usage: pages.py check|write REFERENCE_DATA OPENAPI.json

The pages of docs/reference that are made of the program's own tables: settings, error codes and
limits as the program REFERENCE_DATA prints them, and the routes of the API. `write` makes the
files; `check` fails when one of them is not what it would be.
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/reference"
COMMAND = "scripts/reference"
WIDTH = 100
MADE = f"<!-- Made by {COMMAND}; do not edit. -->"
METHODS = ("get", "post", "put", "patch", "delete")
SERVICE = "http://127.0.0.1:8080"
CODE = r"(--[a-z-]+( full)?|sqlite:PATH|sqlite::memory:|/docs|too_large)(?![\w-])"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def prose(text, indent=""):
    """One sentence per line, no line longer than WIDTH."""
    sentences = re.split(r"(?<=[.:]) (?=[A-Z`0-9])", text)
    lines = [textwrap.wrap(each, WIDTH - len(indent), break_on_hyphens=False) for each in sentences]
    return f"\n{indent}".join(line for each in lines for line in each)


def page(title, *parts):
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def code(text):
    return f"`{text}`"


def in_words(text):
    """The help text of a flag, with what looks like code set as code."""
    return re.sub(CODE, r"`\g<0>`", text)


# --- settings -----------------------------------------------------------------------------------


def row_of_setting(row):
    variables = [row["variable"], row["other_variable"]]
    default = code(row["default"]) if row["is_value"] else row["default"]
    bounds = ", ".join(map(code, row["choices"].split())) or row["bounds"]
    names = ", ".join(code(each) for each in variables if each)
    return [code("--" + row["flag"]), names, default, in_words(row["meaning"]), bounds]


HOW_TO_SET = """\
Every setting of `retail-pulse serve` is a flag, an environment variable and a key of the TOML file
named by `--config` or `RETAIL_PULSE_CONFIG`.
The key is the name of the flag without its dashes.
Flags override variables, and variables override the file; see
[giving settings](../operating/settings.md).

- A size is a number of bytes, or has a unit: `50MiB`, `10 GiB`, `1kB`.
- A time has a unit: `500ms`, `10s`, `2m`, `1h`. Only `0` needs none.
- A setting that may be repeated takes a list: with commas in a variable, an array in the file."""


def configuration(data):
    parts = [HOW_TO_SET]
    topics = list(dict.fromkeys(row["topic"] for row in data["settings"]))
    columns = ["flag", "environment variable", "default", "meaning", "bounds"]
    for topic in topics:
        rows = [row for row in data["settings"] if row["topic"] == topic]
        parts += [f"## {topic}", table(columns, map(row_of_setting, rows))]
        notes = [f"- `--{row['flag']}`: {row['notes']}" for row in rows if row["notes"]]
        if notes:
            parts.append("\n".join(prose(each, "  ") for each in notes))
    return page("Configuration", *parts)


# --- error codes --------------------------------------------------------------------------------

OF_IMAGES = """\
A failed image has one of these codes, and an `error`: the sentence, followed by a colon and the
reason where there is one.
A code that is retried gets up to `--fetch-attempts` attempts; the code is that of the last one."""

OF_REQUESTS = """\
Operations below `/api/jobs` and `/api/stores` return problem details (RFC 9457), whose `code` is
one of these.
`/api/submit`, `/api/status` and `/api/visits` return an HTTP status and one sentence.
Which statuses an operation has is in the [API](api.md)."""


def examples_in(response):
    for media in response.get("content", {}).values():
        yield media.get("example")
        yield from (each["value"] for each in media.get("examples", {}).values())


def problems_of(document):
    """(code, status) -> the sentence, of every example of problem details in the document."""
    responses = list(document["components"]["responses"].values())
    for _, _, operation in operations_of(document):
        responses += operation["responses"].values()
    found = {}
    for response in responses:
        for example in examples_in(response):
            if isinstance(example, dict) and "title" in example:
                found.setdefault((example["code"], example["status"]), example["detail"])
    return found


def rows_of_problems(document):
    schemas = document["components"]["schemas"]
    of_routes = schemas["ProblemCode"]["enum"]
    of_all = of_routes + schemas["TurnedDown"]["properties"]["code"]["enum"]
    problems = problems_of(document)
    missing = sorted(set(of_all) - {name for name, _ in problems})
    if missing:
        sys.exit(f"no example in the description of the API has the code {', '.join(missing)}")
    return [[code(name), str(status), each] for (name, status), each in sorted(problems.items())]


def row_of_code(row):
    retried = "yes" if row["retried"] else "no"
    if row["code"] == "http_status":
        retried = "see below"
    return [code(row["code"]), row["sentence"], retried, row["meaning"]]


def errors(data, document):
    statuses = {name: ", ".join(map(code, of)) for name, of in data["statuses"].items()}
    retried = (
        f"`http_status` is retried after {statuses['client_errors']} and every 5xx except "
        f"{statuses['server_errors_not']}."
    )
    return page(
        "Error codes",
        "## Images",
        OF_IMAGES,
        table(["code", "sentence", "retried", "meaning"], map(row_of_code, data["errors"])),
        prose(retried),
        "## Requests",
        OF_REQUESTS,
        table(["code", "HTTP status", "an example of its sentence"], rows_of_problems(document)),
    )


# --- limits -------------------------------------------------------------------------------------

OF_LIMITS = """\
Bounds that are not settings.
Those that are settings are in the [configuration](configuration.md)."""


def limits(data):
    parts = [OF_LIMITS]
    for group in data["limits"]:
        rows = [[row["what"], row["limit"], row["beyond"]] for row in group["rows"]]
        parts += [f"## {group['topic']}", table(["what", "limit", "beyond it"], rows)]
    return page("Limits", *parts)


# --- API ----------------------------------------------------------------------------------------


def operations_of(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


OF_API = f"""\
Every route of the service.
The whole contract, with parameters, fields and examples, is `GET /openapi.json` (OpenAPI 3.1,
written in `api/openapi.yaml`).
The links lead to the same as a page, on a service that runs at {SERVICE.removeprefix("http://")}.

`HEAD` works wherever `GET` does, `OPTIONS` everywhere; see [HTTP](../guide/http.md) for what holds
for all routes."""


def row_of_operation(method, path, operation):
    link = f"{SERVICE}/docs#/{operation['tags'][0]}/{operation['operationId']}"
    statuses = ", ".join(sorted(operation["responses"]))
    return [method, code(path), operation["summary"], statuses, f"[docs]({link})"]


def api(document):
    parts = [OF_API]
    for tag in document["tags"]:
        rows = [
            row_of_operation(*each)
            for each in operations_of(document)
            if tag["name"] in each[2]["tags"]
        ]
        parts.append(f"## {tag['description']}")
        parts.append(table(["method", "path", "does", "statuses", "operation"], rows))
    sent = [[code(name), item["post"]["summary"]] for name, item in document["webhooks"].items()]
    parts += ["## Webhooks", table(["operation", "what it is"], sent)]
    return page("API", *parts)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("check", "write"):
        sys.exit(__doc__)
    _, task, program, description = sys.argv
    data = json.loads(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    document = json.loads(pathlib.Path(description).read_text(encoding="utf-8"))
    pages = {
        "configuration.md": configuration(data),
        "errors.md": errors(data, document),
        "limits.md": limits(data),
        "api.md": api(document),
    }
    stale = []
    for name, text in pages.items():
        file = FOLDER / name
        if task == "write":
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(f"docs/reference/{name}")
    if stale:
        sys.exit(f"{', '.join(stale)}: not what the program says; run {COMMAND}")


if __name__ == "__main__":
    main()
