"""Who may ask: other sites' pages in an operator's browser, names that lead here."""

import json
import socket
import tempfile

from browser import Browser, Site, TurningName
from table import attack, expect, expect_equal  # first: it says where harness is
from harness import Service, visit

JOB = {"count": 1, "visits": [visit("S00339218", ["http://127.0.0.1:1/x.jpg"])]}
BODY = json.dumps(JOB)


def started(world, what, *arguments):
    made = what(*arguments)
    world.callback(made.close)
    return made


def expect_untouched(service, jobs=1):
    """The job of before is there, not cancelled and not tried again, and none beside it."""
    seen = service.get("/api/jobs")[1]["jobs"]
    expect_equal(len(seen), jobs, "jobs")
    report = service.get("/api/jobs/1")[1]
    expect(
        not report.get("cancelled") and report["run"] == 1,
        f"job 1 was cancelled or tried again: {report}",
    )


def ask(world, service, text):
    """Status and body of the answer to a request that is sent byte by byte as it stands."""
    connection = world.connect(service.port)
    connection.sendall(text.encode())
    connection.shutdown(socket.SHUT_WR)
    told = b""
    while part := connection.recv(65536):
        told += part
    head, _, body = told.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


@attack(
    "asks: a page of another site sends forms, in a real browser",
    "no job is started, cancelled or tried again, whatever type the form has",
)
def forms_of_another_site(world):
    service = world.service()
    service.wait_for_end(service.submit(JOB["visits"]))
    page = started(world, Browser).open(f"http://127.0.0.1:{started(world, Site).port}/")
    # The field's name and value are one JSON text around the "=" that text/plain has between them.
    sent = page.run(
        """Promise.all([
        ['text/plain', '/api/submit'], ['application/x-www-form-urlencoded', '/api/submit'],
        ['multipart/form-data', '/api/submit'], ['text/plain', '/api/jobs/1/cancel'], ['text/plain',
        '/api/jobs/1/redrive'], ['text/plain', '/api/stores/reload'],
      ].map(([type, path], n) => new Promise(done => {
        const frame = document.createElement('iframe'), form = document.createElement('form'), field
        = document.createElement('input'); frame.name = form.target = 'frame' + n;
        form.method = 'post';
        form.enctype = type;
        form.action = SERVICE + path;
        field.name = BODY.slice(0, -1) + ', "x": "';
        field.value = '"}';
        form.append(field);
        document.body.append(frame, form);
        frame.onload = () => done(1);
        form.submit();
      })))""".replace(
            "SERVICE", json.dumps(f"http://127.0.0.1:{service.port}")
        ).replace(
            "BODY", json.dumps(BODY)
        )
    )
    expect_equal(sent, [1] * 6)
    expect_untouched(service)


@attack(
    "asks: a script of another site sends no-cors requests and beacons, in a real browser",
    "no job is started, cancelled or tried again: not from another port, not from another name, not from a frame without an origin",
)
def scripts_of_another_site(world):
    service = world.service()
    service.wait_for_end(service.submit(JOB["visits"]))
    site = started(world, Site)
    browser = started(world, Browser, {"evil.example": "127.0.0.1", "box.local": "127.0.0.1"})
    # box.local is one of the service's own names, to which browsers send no Sec-Fetch-Site: Origin
    # is all that tells.
    script = """Promise.allSettled(['127.0.0.1', 'localhost', 'box.local'].flatMap(host => [
        fetch(`http://${host}:PORT/api/submit`, {method: 'POST', mode: 'no-cors', body: BODY}),
        fetch(`http://${host}:PORT/api/jobs/1/cancel`, {method: 'POST', mode: 'no-cors'}),
        fetch(`http://${host}:PORT/api/jobs/1/redrive`, {method: 'POST', mode: 'no-cors'}),
        fetch(`http://${host}:PORT/api/submit`, {method: 'POST', body: BODY, headers: {'Content-Type': 'application/json'}}),
      ])).then(all => all.filter(each => each.status == 'fulfilled').length)"""
    script = script.replace("PORT", str(service.port)).replace("BODY", json.dumps(BODY))
    for place in (
        f"http://127.0.0.1:{site.port}/",
        f"http://localhost:{site.port}/",
        f"http://evil.example:{site.port}/",
    ):
        browser.open(place)
        sent = browser.run(script)
        in_frame = browser.run(
            """new Promise(done => {
            const frame = document.createElement('iframe');
            frame.sandbox = 'allow-scripts';
            frame.srcdoc = '<script>' + SCRIPT + ".then(n => parent.postMessage(n, '*'))</" +
            'script>'; onmessage = event => done(event.data);
            document.body.append(frame);
          })""".replace(
                "SCRIPT", json.dumps(script)
            )
        )
        # Each host was sent three that need no preflight; had the browser itself stood in between,
        # nothing would be shown.
        expect_equal((sent, in_frame), (9, 9), f"requests that were sent from {place}")
        expect_untouched(service)


@attack(
    "asks: another site lets its own name lead to the service and reads the answers (DNS rebinding), in a real browser",
    "every request for that name gets 421, so its pages see no results and change nothing",
)
def rebound_name(world):
    service = world.service()
    service.wait_for_end(service.submit(JOB["visits"]))
    started(world, TurningName, service.port)
    page = started(world, Browser, {"rebound.example": "127.0.0.2"}).open(
        f"http://rebound.example:{service.port}/page"
    )
    seen = page.run(
        """Promise.all([
        ['GET', '/api/jobs'], ['GET', '/api/jobs/1/results.csv'], ['GET', '/api/status?jobid=1'],
        ['GET', '/healthz'], ['POST', '/api/submit'], ['POST', '/api/jobs/1/redrive'],
      ].map(([method, path]) => fetch(path, {method, body: method == 'POST' ? BODY : undefined})
        .then(answer => answer.text().then(text => [answer.status, text]))))""".replace(
            "BODY", json.dumps(BODY)
        )
    )
    for status, text in seen:
        expect_equal(status, 421, text)
        expect(
            "--public-host rebound.example" in text and "S00339218" not in text,
            f"another answer than the one that names the setting: {text}",
        )
    expect_untouched(service)


@attack(
    "asks: a page of the service itself submits, in a real browser",
    "it may, by address, by name, and under a public name that was told; so nobody switches the check off",
)
def page_of_our_own(world):
    service = world.service("--public-host", "pulse.example")
    browser = started(world, Browser, {"pulse.example": "127.0.0.1", "box.local": "127.0.0.1"})
    for jobs, host in enumerate(("127.0.0.1", "localhost", "box.local", "pulse.example"), 1):
        browser.open(f"http://{host}:{service.port}/docs")
        status = browser.run(
            f"fetch('/api/submit', {{method: 'POST', body: {json.dumps(BODY)}}}).then(answer => answer.status)"
        )
        expect_equal(status, 201, f"from http://{host}")
        expect_untouched(service, jobs)


@attack(
    "asks: headers that browsers send for pages of other sites, on every method that may change something",
    "403 with a sentence wherever Sec-Fetch-Site or Origin tell of another site; programs, which send neither, notice nothing",
)
def headers_of_other_sites(world):
    service = world.service()
    service.wait_for_end(service.submit(JOB["visits"]))
    own = f"127.0.0.1:{service.port}"
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": f"http://localhost:{service.port}"},
        {"Origin": f"http://{own}@evil.example"},
        {"Origin": f"http://{own}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ):
        for method, path in (
            ("POST", "/api/submit"),
            ("POST", "/api/submit/"),
            ("POST", "/api/jobs/1/cancel"),
            ("POST", "/api/jobs/1/redrive"),
            ("POST", "/api/stores/reload"),
            ("DELETE", "/api/jobs/1"),
            ("PUT", "/nothing"),
        ):
            status, told, _ = service.exchange(method, path, BODY, headers)
            expect_equal(
                (status, told.get("code")),
                (403, "cross_site_request"),
                f"{method} {path} with {headers}",
            )
    expect_untouched(service)
    for headers in (
        {},
        {"Origin": f"http://{own}"},
        {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        expect_equal(
            service.exchange("POST", "/api/submit", BODY, headers)[0], 201, f"with {headers}"
        )


@attack(
    "asks: requests for hosts that a stranger may have, by Host and by an absolute target, in HTTP/1.1 and 1.0",
    "421 on every route and method; the target's host counts in place of Host; health probes by address pass",
)
def hosts_of_strangers(world):
    service = world.service()
    for host in (
        "rebound.example",
        f"REBOUND.example.:{service.port}",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "rebound%2eexample",
    ):
        for line in (
            "GET /api/jobs",
            "HEAD /healthz",
            "OPTIONS *",
            "POST /api/submit",
            "GET /nothing",
            "GET /docs",
            "GET /openapi.json",
        ):
            expect_equal(
                ask(world, service, f"{line} HTTP/1.1\r\nHost: {host}\r\n\r\n")[0],
                421,
                f"{line} at {host}",
            )
        expect_equal(
            ask(world, service, f"GET /healthz HTTP/1.0\r\nHost: {host}\r\n\r\n")[0], 421, host
        )
    for target in (
        "http://rebound.example/healthz",
        "HTTP://rebound.example/healthz",
        "https://rebound.example/healthz",
    ):
        expect_equal(
            ask(world, service, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0], 421, target
        )
    expect_equal(
        ask(
            world,
            service,
            "GET http://127.0.0.1@rebound.example/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        )[0],
        400,
    )
    for host in (
        "127.0.0.1",
        "[::1]:8080",
        "localhost.",
        "retail-pulse:8080",
        "box.LOCAL",
        "api.internal",
        "retail-pulse.shop.svc.cluster.local",
        socket.gethostname(),
        "",
    ):
        expect_equal(
            ask(world, service, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")[0], 200, host
        )
    expect_equal(
        ask(world, service, "GET /healthz HTTP/1.0\r\n\r\n")[0], 200, "a request without a Host"
    )


@attack(
    "asks: public names that were told, by flag and file",
    "requests for those names are served, and for those below and above them not; what is no name ends the start",
)
def public_names(world):
    file = world.enter_context(tempfile.NamedTemporaryFile("w", suffix=".toml"))
    file.write("public-host = ['pulse.example.com', 'Shop.example']\n")
    file.flush()
    by_flags = world.service(
        "--public-host", "pulse.example.com,Shop.example", "--public-host", "b.example"
    )
    by_file = world.service("--config", file.name)
    for service in (by_flags, by_file):
        for host, status in (
            ("pulse.example.com", 200),
            ("PULSE.example.com.:443", 200),
            ("shop.example", 200),
            ("example.com", 421),
            ("a.pulse.example.com", 421),
        ):
            expect_equal(
                ask(world, service, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")[0],
                status,
                host,
            )
    for wrong in ("*.example.com", "https://pulse.example.com", "pulse.example.com:8080"):
        service = Service("--public-host", wrong)
        world.callback(service.close)
        code, said = service.refuses_to_start()
        expect(
            code == 2 and f"--public-host: '{wrong}' is not a host name" in said, f"{code} {said}"
        )
