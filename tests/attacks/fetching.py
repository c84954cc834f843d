"""Image hosts: what a fetch may cost and where it may lead."""

import asyncio
import contextlib
import re
import socket
import struct
import threading

from table import attack, expect, expect_equal

from harness import visit

KNOWN = "S00339218"
MIB = 1 << 20
GIF = b"GIF89a\x0a\x00\x0a\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x0a\x00\x0a\x00\x00\x02\x00\x3b"
FILL = b"\xff\xd8" + b"\xff" * (7 * MIB - 2)  # a JPEG whose size may come with the next byte


class Host:
    """An image host on addresses of loopback that does what `answer` does: a coroutine of the host,
    the request's target, the first byte of
    its range (nothing: the whole file) and a writer. A connection ends where it returns False."""

    def __init__(self, answer, addresses=("127.0.0.1",)):
        self.answer = answer
        self.sent = 0  # bytes that a client took off us
        self.targets = []
        self.present = self.most = 0  # requests at once
        self.urls = []
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(addresses)), daemon=True
        )
        self._thread.start()
        self._ready.wait()

    async def _run(self, addresses):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        servers = [
            await asyncio.start_server(self._serve, address, 0, backlog=1024)
            for address in addresses
        ]
        self.urls = ["http://%s:%d/" % server.sockets[0].getsockname() for server in servers]
        self._ready.set()
        await self._end.wait()
        for server in servers:
            server.close()

    async def _serve(self, reader, writer):
        # What a client does not read stays with us, but for what the kernel holds.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
        writer.transport.set_write_buffer_limits(0)
        with contextlib.suppress(
            asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError
        ):  # the client goes, or we do
            goes_on = True
            while goes_on is not False:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                target = head.split(" ", 2)[1]
                self.targets.append(target)
                asked = re.search(r"\r\nRange: bytes=(\d+)-", head)
                self.present += 1
                self.most = max(self.most, self.present)
                try:
                    goes_on = await self.answer(
                        self, target, int(asked[1]) if asked else None, writer
                    )
                finally:
                    self.present -= 1
        writer.close()

    async def send(self, writer, data, piece=32 << 10):
        for at in range(0, len(data), piece):
            writer.write(data[at : at + piece])
            await writer.drain()
            self.sent += len(data[at : at + piece])

    async def respond(self, writer, status, body=b"", *headers):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        await self.send(writer, "\r\n".join(lines).encode() + body)

    def close(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


def host(world, answer, addresses=("127.0.0.1",)):
    made = Host(answer, addresses)
    world.callback(made.close)
    return made


def results(service, urls):
    """The result of each URL, in a job of its own."""
    job = service.submit([visit(KNOWN, urls)])
    service.wait_for_end(job)
    return images(service, job)


def images(service, job):
    found, cursor = [], ""
    while True:
        status, page = service.get(f"/api/jobs/{job}/images?limit=1000{cursor}")
        expect_equal(status, 200)
        found += page["images"]
        if "next" not in page:
            return found
        cursor = f"&cursor={page['next']}"


def came_to(image):
    return image.get("code", image["state"])


# --- bytes --------------------------------------------------------------------------------------

HEADER_MODE = (
    "--fetch",
    "header",
    "--max-image-bytes",
    "8MiB",
    "--fetch-deadline",
    "60s",
    "--gpu-delay",
    "0",
)


def expect_few_bytes(from_host):
    """One file of 8 MiB, and what lies in buffers of the kernel."""
    expect(
        from_host.sent < 24 * MIB,
        f"{from_host.sent / MIB:.0f} MiB were read by an attempt whose bound is 8 MiB",
    )


@attack(
    "fetching: ranges of a file that each begin at its first byte",
    "--max-image-bytes holds for the whole attempt; a part that begins before what was asked for is not read",
)
def early_parts(world):
    async def answer(self, _, asked, writer):
        if asked is None:
            await self.respond(writer, "200 OK", FILL)
        else:
            body = FILL + b"\xff" * max(0, asked + 1 - len(FILL))
            await self.respond(
                writer, "206 Partial Content", body, f"Content-Range: bytes 0-{len(body) - 1}/*"
            )

    lying = host(world, answer)
    [image] = results(world.service(*HEADER_MODE), [lying.urls[0]])
    expect_few_bytes(lying)
    expect_equal(came_to(image), "too_large")
    expect_equal(image["attempts"], 1, "a bound that would be exceeded again is not tried again")


@attack(
    "fetching: hops that each send most of a file before they redirect",
    "--max-image-bytes holds for the whole attempt, with everything that hops before the last one sent",
)
def parts_before_redirects(world):
    async def answer(self, target, asked, writer):
        if asked == 0:
            await self.respond(
                writer, "206 Partial Content", FILL, f"Content-Range: bytes 0-{len(FILL) - 1}/*"
            )
        else:
            await self.respond(writer, "302 Found", b"", f"Location: {target}a/")

    leading = host(world, answer)
    [image] = results(world.service(*HEADER_MODE), [leading.urls[0]])
    expect_few_bytes(leading)
    expect_equal(came_to(image), "too_large")


@attack(
    "fetching: a picture in chunks of a byte, each with an extension of 250",
    "what frames a body is bounded by the body: an attempt does not read a hundred times --max-image-bytes",
)
def long_framing(world):
    async def answer(self, _, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\xff\xd8\r\n")
        chunks = (b"1;" + b"x" * 250 + b"\r\n\xff\r\n") * 4000
        while self.sent < 200 * MIB:
            await self.send(writer, chunks)
        return False

    framing = host(world, answer)
    [image] = results(
        world.service(
            "--max-image-bytes", "8MiB", "--fetch-attempts", "1", "--fetch-deadline", "60s"
        ),
        [framing.urls[0]],
    )
    expect_few_bytes(framing)
    expect_equal(came_to(image), "protocol_error")


# --- places -------------------------------------------------------------------------------------


@attack(
    "fetching: forty hosts that redirect to one",
    "no more fetches are at a host at once than --origin-connections, wherever they began; that it is full costs no image an attempt",
)
def many_lead_to_one(world):
    async def show(self, _, __, writer):
        await asyncio.sleep(0.02)
        await self.respond(writer, "200 OK", GIF)

    target = host(world, show, ["127.0.3.1"])

    async def lead(self, asked_for, _, writer):
        await self.respond(
            writer, "302 Found", b"", f"Location: {target.urls[0]}{asked_for[1:]}-{id(writer)}"
        )

    leading = host(world, lead, [f"127.0.2.{n}" for n in range(1, 41)])
    service = world.service(
        "--origin-connections", "4", "--fetch-attempts", "1", "--gpu-delay", "0"
    )
    found = results(service, [f"{url}{n}" for n in range(4) for url in leading.urls])
    expect_equal({came_to(image) for image in found}, {"succeeded"})
    expect_equal({image["attempts"] for image in found}, {1})
    expect(target.most <= 4, f"{target.most} fetches were at the target at once")


@attack(
    "fetching: two hosts that redirect to each other, each with one place",
    "a fetch gives its place back before it takes the next one, so no fetch waits for ever",
)
def crossing_redirects(world):
    def leading_to(other):
        async def answer(self, target, _, writer):
            if target.startswith("/end"):
                await self.respond(writer, "200 OK", GIF)
            else:
                await self.respond(
                    writer, "302 Found", b"", f"Location: {other().urls[0]}end{target[1:]}"
                )

        return answer

    one = host(world, leading_to(lambda: two), ["127.0.3.1"])
    two = host(world, leading_to(lambda: one), ["127.0.3.2"])
    service = world.service(
        "--origin-connections", "1", "--fetch-attempts", "1", "--gpu-delay", "0"
    )
    found = results(service, [f"{each.urls[0]}{n}" for n in range(15) for each in (one, two)])
    expect_equal({came_to(image) for image in found}, {"succeeded"})
    expect(max(one.most, two.most) <= 1, "more than one fetch was at a host of one place")


# --- joining ------------------------------------------------------------------------------------


@attack(
    "fetching: a host that answers a URL only after somebody's time is over",
    "a fetch that ends by its time counts only for who began it; who joined it is fetched for again, once",
)
def late_joiners(world):
    seen = threading.Event()

    async def answer(self, _, __, writer):
        if not seen.is_set():
            seen.set()
            await asyncio.sleep(600)
        await self.respond(writer, "200 OK", GIF)

    slow = host(world, answer)
    service = world.service("--fetch-deadline", "3s", "--fetch-attempts", "1", "--gpu-delay", "0")
    first = service.submit([visit(KNOWN, [slow.urls[0]])])
    expect(seen.wait(60), "the host was never asked")
    second = service.submit([visit(KNOWN, [slow.urls[0]])])
    for job, what in ((first, "timed_out"), (second, "succeeded")):
        service.wait_for_end(job)
        expect_equal(came_to(images(service, job)[0]), what)
    expect_equal(len(slow.targets), 2, "requests")


@attack(
    "fetching: a host that never answers a URL that two ask for",
    "both jobs come to their end: who joined waits for one more fetch and no longer",
)
def joiners_of_nothing(world):
    async def answer(*_):
        await asyncio.sleep(600)

    mute = host(world, answer)
    service = world.service("--fetch-deadline", "1s", "--fetch-attempts", "1", "--gpu-delay", "0")
    jobs = [service.submit([visit(KNOWN, [mute.urls[0]])]) for _ in range(3)]
    for job in jobs:
        service.wait_for_end(job)
        expect_equal(came_to(images(service, job)[0]), "timed_out")
    expect(len(mute.targets) <= 3, f"{len(mute.targets)} requests for three images")


# --- sizes --------------------------------------------------------------------------------------


def psd(version, side):
    """Whole: its pixels are packed by zip, of which only the first byte is looked for."""
    return (
        struct.pack(">4sH6xHIIHH", b"8BPS", version, 3, side, side, 8, 3)
        + bytes(8 + 4 * version)
        + b"\0\2x"
    )


def png(side):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + bytes(4)

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"x")
        + chunk(b"IEND", b"")
    )


def bmp(height):
    """Whole: its pixels are packed, and as long as it says."""
    return (
        struct.pack("<2s5IIHH6I", b"BM", 0, 0, 54, 40, 5, height, 1, 8, 1, 4, 0, 0, 0, 0)
        + b"\0\0\0\1"
    )


def webp(width, height):
    canvas = (
        struct.pack("<4sII", b"VP8X", 10, 2)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    frames = struct.pack("<4sI6x", b"ANIM", 6) + struct.pack("<4sI16x", b"ANMF", 16)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(canvas + frames), b"WEBP") + canvas + frames


def ico(picture):
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


SIDES = {  # name: the file, and whether its sides are ones that its format can have
    "psd": (psd(1, 30_000), True),
    "psd-beyond": (psd(1, 30_001), False),
    "psd-32-bits": (psd(1, 0xFFFFFFFF), False),
    "psb": (psd(2, 300_000), True),
    "psb-beyond": (psd(2, 300_001), False),
    "png": (png(0x7FFFFFFF), True),
    "png-beyond": (png(0x80000000), False),
    "ico": (ico(png(4096)), True),
    "ico-beyond": (ico(png(4097)), False),
    "bmp": (bmp(0x7FFFFFFF), True),
    "bmp-beyond": (bmp(0x80000000), False),
    "webp": (webp(65_536, 65_535), True),
    "webp-beyond": (webp(65_536, 65_536), False),
}


@attack(
    "fetching: headers that claim sides beyond their format",
    "a picture has no more pixels a side than its format's specification allows, in header mode as in full mode",
)
def impossible_sides(world):
    async def answer(self, target, _, writer):
        await self.respond(writer, "200 OK", SIDES[target[1:]][0])

    shown = host(world, answer)
    for how in ("full", "header"):
        service = world.service("--fetch", how, "--gpu-delay", "0")
        found = results(service, [shown.urls[0] + name for name in SIDES])
        for (name, (_, is_possible)), image in zip(SIDES.items(), found):
            expect_equal(
                came_to(image),
                "succeeded" if is_possible else "bad_dimensions",
                f"{name}, --fetch {how}",
            )
            if is_possible:
                expect_equal(image["perimeter"], 2 * (image["width"] + image["height"]), name)
