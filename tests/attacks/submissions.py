"""Submissions that cost more than they weigh, and requests that are not quite HTTP."""

import json
import pathlib
import subprocess

from table import attack, expect, expect_equal  # first: it says where harness is
from harness import PROGRAM, visit

# of the database for a byte of a submission, once its job has ended: what
# docs/internals/decisions/storage.md promises
DISK_PER_BYTE = 64


def submission(urls, visits=1, store="S", time=""):
    """The smallest text of so many visits; `urls` is the text of each image_url, and `store` may
    have a place for a number.
    """
    each = ",".join(
        '{"store_id":"%s","image_url":[%s],"visit_time":"%s"}'
        % (store.replace("#", str(n)), urls, time)
        for n in range(visits)
    )
    return '{"count":%d,"visits":[%s]}' % (visits, each)


def repeated_url(url, count):
    return ",".join([json.dumps(url)] * count)


def refusal(service, body):
    status, answer, _ = service.exchange("POST", "/api/submit", body)
    return status, answer.get("error")


@attack(
    "submissions: a body of empty URLs, or of blank ones",
    "400 that names the first of them; nothing is stored",
)
def empty_urls(world):
    service = world.service()
    for url in ("", " ", "\t\r\n", "\u00a0", "\u200b", " " * 9000):
        expect_equal(
            refusal(service, submission(repeated_url(url, 1000))),
            (400, "visits[0].image_url[0] is empty"),
            repr(url[:10]),
        )
    expect_equal(
        refusal(service, submission('"http://127.0.0.1:1/x",""', 2)),
        (400, "visits[0].image_url[1] is empty"),
    )
    expect_equal(service.get("/api/jobs")[1]["jobs"], [])


@attack(
    "submissions: one body of a million images and one, for four bytes each",
    "413 that names the setting, before the job takes memory or disk; a job of just as many as are allowed is taken",
)
def too_many_images(world):
    service = world.service()
    before = service.resident_kib()
    expect_equal(
        refusal(service, submission(repeated_url("a", 1_000_001))),
        (413, "the job has more than 1000000 images, which are as many as --max-job-images allows"),
    )
    expect(service.resident_kib() - before < 256 * 1024, "the refused body took more than 256 MiB")
    expect_equal(service.get("/api/jobs")[1]["jobs"], [])
    small = world.service("--max-job-images", "2000")
    expect_equal(
        refusal(small, submission(repeated_url("a", 20), 101)),
        (413, "the job has more than 2000 images, which are as many as --max-job-images allows"),
    )
    expect_equal(
        small.exchange("POST", "/api/submit", submission(repeated_url("a", 20), 100))[0], 201
    )


@attack(
    "submissions: visits without images, without anything, and many of them",
    "400 that names the first; a visit costs an image at least, so the bound of images is one of visits, too",
)
def visits_without_images(world):
    service = world.service()
    expect_equal(refusal(service, submission("", 20_000)), (400, "visits[0].image_url is empty"))
    expect_equal(
        refusal(service, '{"count":500000,"visits":[' + ",".join(["{}"] * 500_000) + "]}"),
        (400, "visits[0].store_id is missing"),
    )
    expect_equal(
        refusal(service, '{"count":100000,"visits":[' + ",".join(["[]"] * 100_000) + "]}"),
        (400, "visits[0] is not an object"),
    )


@attack(
    "submissions: the shapes that cost most on disk for a byte that is sent",
    f"a byte of a submission costs at most {DISK_PER_BYTE} bytes of the database, job and results together",
)
def disk_for_a_byte(world):
    shapes = {
        "the shortest URLs": submission(repeated_url("a", 30_000), store="S00339218"),
        "the wrong URLs that take most words": submission(
            repeated_url("ftp:a", 30_000), store="S00339218"
        ),
        "URLs of an unknown store": submission(repeated_url("a", 30_000)),
        "visits of one image": submission('"a"', 5_000),
        "visits of one image, each of a store of its own": submission('"a"', 5_000, store="#"),
        "store ids of 256 bytes, each its own": submission('"a"', 2_000, store="#".rjust(252, "s")),
        "visit times of 60,000 bytes": submission('"a"', 20, time="t" * 60_000),
        "URLs of 8 KiB": submission(repeated_url("h" * 8192, 200)),
        "members that nobody asked for": '{"x":['
        + ",".join(['{"k":1}'] * 50_000)
        + "],"
        + submission('"a"')[1:],
    }
    for name, body in shapes.items():
        service = world.service()
        status, answer, _ = service.exchange("POST", "/api/submit", body)
        expect_equal(status, 201, name)
        service.wait_for_end(answer["job_id"])
        expect_equal(service.terminate()[0], 0, "exit code")
        # An empty database has about 150 KiB.
        cost = (service.database.stat().st_size - 256 * 1024) / len(body)
        expect(cost <= DISK_PER_BYTE, f"{cost:.1f} bytes on disk for a byte: {name}")


@attack(
    "submissions: rows of a table without an image, and more rows than a job may have images",
    "the client names line and column and sends nothing; the service's own bound reaches who runs the client",
)
def tables(world):
    service = world.service("--max-job-images", "100")
    table = pathlib.Path(service.folder) / "visits.csv"

    def submitted(rows):
        table.write_text("store_id,image_url,visit_time\n" + rows)
        command = [PROGRAM, "submit", "--url", f"http://127.0.0.1:{service.port}", str(table)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    for cell in ("", " ", "\u00a0"):
        code, said = submitted(f"S1,http://127.0.0.1:1/x,t\nS1,{cell},t\n")
        expect(code != 0 and "visits.csv, line 3" in said and "image_url" in said, said)
    code, said = submitted("S1,a,t\n" * 101)
    expect(code != 0 and "--max-job-images" in said, said)
    expect_equal(service.get("/api/jobs")[1]["jobs"], [])


HEAD = "POST /api/submit HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
GOOD = json.dumps({"count": 1, "visits": [visit("S00339218", ["http://127.0.0.1:1/x.jpg"])]})
CHUNK = f"{len(GOOD):x}"

LF = "a line ends in LF alone; it has to end in CR and LF"
CR = "a line ends in CR alone; it has to end in CR and LF"
FOLDED = "a line of the headers begins with a blank; a header has to stand in one line"
CHUNK_END = "the data of a chunk is not followed by CR and LF"
NO_SIZE = "the size of a chunk is malformed, or too large"
NO_EXTENSION = "the size of a chunk is followed by something that is not an extension"


@attack(
    "submissions: requests that are not quite HTTP: bare LF, folded headers, chunks whose size or end is another",
    "400 with a sentence, behind the answers to what came before on the connection; nothing is stored",
)
def not_quite_http(world):
    service = world.service()
    good = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
    for text, sentence in (
        ("GET /healthz HTTP/1.1\nHost: h\n\n", LF),
        ("\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", LF),
        (HEAD + f"Content-Length: {len(GOOD)}\n\r\n{GOOD}", LF),
        (HEAD + f"Content-Length: {len(GOOD)}\r\n\n{GOOD}", LF),
        (HEAD + f"X: a\r\n b\r\nContent-Length: {len(GOOD)}\r\n\r\n{GOOD}", FOLDED),
        (HEAD + f"X: a\r\n\tb\r\nContent-Length: {len(GOOD)}\r\n\r\n{GOOD}", FOLDED),
        (HEAD + f"X:\r\n Content-Length: {len(GOOD)}\r\n\r\n{GOOD}", FOLDED),
        (
            f"POST /api/submit HTTP/1.1\r\n Host: h\r\nContent-Length: {len(GOOD)}\r\n\r\n{GOOD}",
            FOLDED,
        ),
        (CHUNKED + f"{CHUNK};a\n{GOOD}\r\n0\r\n\r\n", LF),
        (CHUNKED + f"{CHUNK}\n{GOOD}\r\n0\r\n\r\n", LF),
        (CHUNKED + f"{CHUNK};a\rb\r\n{GOOD}\r\n0\r\n\r\n", CR),
        (CHUNKED + f"{CHUNK} a\r\n{GOOD}\r\n0\r\n\r\n", NO_EXTENSION),
        (CHUNKED + f"\xcf{CHUNK}\r\n{GOOD}\r\n0\r\n\r\n", NO_SIZE),
        (CHUNKED + f"{CHUNK}\r\n{GOOD}XX0\r\n\r\n", CHUNK_END),
        (CHUNKED + f"{CHUNK}\r\n{GOOD}\n\n0\r\n\r\n", CHUNK_END),
        (CHUNKED + f"{CHUNK}\r\n{GOOD}\r\n0\n\r\n", LF),
        (CHUNKED + f"{CHUNK}\r\n{GOOD}\r\n0\r\n\n", LF),
        (CHUNKED + f"{CHUNK}\r\n{GOOD}\r\n0\r\nX: a\r\n b\r\n\r\n", FOLDED),
    ):
        for before in ("", good * 2):
            connection = world.connect(service.port)
            connection.sendall((before + text).encode("latin-1"))
            told = b""
            while part := connection.recv(65536):
                told += part
            answers = told.decode().split("HTTP/1.1 ")[1:]
            expect_equal(
                [answer[:3] for answer in answers],
                ["200"] * (2 if before else 0) + ["400"],
                repr(text),
            )
            expect_equal(
                json.loads(answers[-1].rpartition("\r\n\r\n")[2])["error"], sentence, repr(text)
            )
    expect_equal(service.get("/api/jobs")[1]["jobs"], [])
