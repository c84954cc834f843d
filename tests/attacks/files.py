"""Files beside the service: links, modes, what is cleaned."""

import hashlib
import os
import pathlib
import signal
import tempfile

from harness import PHOTOS, Service, visit, wait_for
from table import attack, expect, expect_equal

PRECIOUS = "not yours\n"


def folder(world):
    return pathlib.Path(
        world.enter_context(tempfile.TemporaryDirectory(prefix="retail-pulse-attack-"))
    )


def victim(place, name="victim"):
    made = place / name
    made.write_text(PRECIOUS)
    return made


def mode_of(path):
    return path.lstat().st_mode & 0o777


def refusal(world, place, *flags, log_file=None):
    """What a service says that must not start there."""
    service = Service(*flags, folder=place)
    world.callback(service.close)
    service.log_file = log_file or place / "service.log"
    ended = service.refuses_to_start()
    expect(ended is not None, f"it started in {place}")
    expect_equal(ended[0], 2, "exit code")
    return ended[1]


def started(world, place, *flags, log_file=None):
    service = Service(*flags, folder=place)
    service.log_file = log_file or place / "service.log"
    return world.enter_context(service)


def keep_one(world, place, copies, *flags):
    """Lets the service measure one photo, and keep it; the photo and where its copy belongs."""
    origin = world.origin()
    service = started(world, place, "--keep-images", str(copies), *flags)
    photo = PHOTOS / origin.photo_urls(1)[0].rsplit("/", 1)[1].split("?")[0]
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    job = service.submit([visit("S00339218", origin.photo_urls(1))])
    expect_equal(
        service.wait_for_end(job)["status"], "completed", "the image is measured all the same"
    )
    return service, photo, digest


@attack(
    "files: an operator's own files lie where drafts lay",
    "only what has a name of ours is cleaned away",
)
def own_files_in_drafts(world):
    place, copies = folder(world), folder(world)
    for drafts, left in (("incoming", "12"), (".retail-pulse-incoming", "draft-3")):
        (copies / drafts).mkdir()
        victim(copies / drafts, "invoice.pdf")
        victim(copies / drafts, "07")
        (copies / drafts / "5").symlink_to(victim(copies, f"target-{drafts}"))
        victim(copies / drafts, left)
    started(world, place, "--keep-images", str(copies))
    for drafts in ("incoming", ".retail-pulse-incoming"):
        for name in ("invoice.pdf", "07", "5"):
            expect(
                (copies / drafts / name).is_symlink()
                or (copies / drafts / name).read_text() == PRECIOUS,
                f"{drafts}/{name} is gone",
            )
    expect(
        not (copies / ".retail-pulse-incoming/draft-3").exists(),
        "the draft of an interrupted run is still there",
    )
    expect(
        (copies / "incoming/12").exists(),
        "incoming/12 is gone, where no earlier version has kept a copy",
    )


@attack(
    "files: a link in place of the folder for drafts",
    "it is not followed, and nothing behind it is deleted",
)
def linked_drafts(world):
    place, copies, elsewhere = folder(world), folder(world), folder(world)
    for name in ("7", "draft-7", "letter"):
        victim(elsewhere, name)
    (copies / "incoming").symlink_to(elsewhere)
    started(world, place, "--keep-images", str(copies)).close()
    expect_equal(
        sorted(p.name for p in elsewhere.iterdir()),
        ["7", "draft-7", "letter"],
        "behind a link that earlier versions used",
    )
    (copies / ".retail-pulse-incoming").rmdir()
    (copies / ".retail-pulse-incoming").symlink_to(elsewhere)
    said = refusal(world, folder(world), "--keep-images", str(copies))
    expect(str(copies) in said and ".retail-pulse-incoming" in said, said)
    expect_equal(sorted(p.name for p in elsewhere.iterdir()), ["7", "draft-7", "letter"])


@attack(
    "files: links where copies of pictures will be placed",
    "a copy is placed in the stead of a link, or not at all, never behind it",
)
def linked_copies(world):
    place, copies, elsewhere = folder(world), folder(world), folder(world)
    service, photo, digest = keep_one(world, folder(world), folder(world))
    service.close()
    shelf = copies / digest[:2]
    shelf.symlink_to(elsewhere)
    keep_one(world, place, copies)[0].close()
    expect_equal(list(elsewhere.iterdir()), [], "written behind a link")
    shelf.unlink()
    shelf.mkdir()
    for format_name in ("jpeg", "png", "gif", "webp", "bmp"):
        (shelf / f"{digest}.{format_name}").symlink_to(victim(elsewhere))
    keep_one(world, folder(world), copies)
    expect_equal((elsewhere / "victim").read_text(), PRECIOUS, "a linked file")
    kept = [p for p in shelf.iterdir() if not p.is_symlink()]
    expect(
        len(kept) == 1 and kept[0].read_bytes() == photo.read_bytes(),
        f"the copy is not there: {kept}",
    )


@attack(
    "files: a link in place of the lock file",
    "the start is refused by name, and the file behind it is not emptied",
)
def linked_lock(world):
    place, elsewhere = folder(world), folder(world)
    (place / "retail-pulse.db.lock").symlink_to(victim(elsewhere))
    said = refusal(world, place)
    expect("retail-pulse.db.lock" in said and "--storage" in said and "link" in said, said)
    expect_equal((elsewhere / "victim").read_text(), PRECIOUS)


@attack(
    "files: somebody's file has the lock's name, or is it by a hard link",
    "the start is refused, and it is not emptied",
)
def foreign_lock(world):
    place, elsewhere = folder(world), folder(world)
    os.link(victim(elsewhere), place / "retail-pulse.db.lock")
    (elsewhere / "victim").chmod(0o644)
    said = refusal(world, place)
    expect("retail-pulse.db.lock" in said and "--storage" in said, said)
    expect_equal((elsewhere / "victim").read_text(), PRECIOUS)
    expect_equal(oct(mode_of(elsewhere / "victim")), "0o644", "its mode")


@attack(
    "files: links in place of the database and of what SQLite keeps beside it",
    "the start is refused by name; nothing is written behind them",
)
def linked_database(world):
    for suffix in ("", "-wal", "-shm", "-journal"):
        for dangling in (False, True):
            place, elsewhere = folder(world), folder(world)
            target = elsewhere / "victim" if dangling else victim(elsewhere)
            (place / f"retail-pulse.db{suffix}").symlink_to(target)
            said = refusal(world, place)
            expect(
                f"retail-pulse.db{suffix}" in said and "storage" in said and "link" in said, said
            )
            expect_equal(
                [p.read_text() for p in elsewhere.iterdir()],
                [] if dangling else [PRECIOUS],
                f"behind {suffix or 'the database'}",
            )


@attack("files: the folder of the database is a link", "that is an operator's, and followed")
def linked_folder(world):
    place, real = folder(world), folder(world)
    (place / "data").symlink_to(real)
    started(world, place / "data").close()
    expect((real / "retail-pulse.db").is_file(), "no database there")


@attack(
    "files: a link, or a hard link to somebody's file, in place of the log",
    "the start is refused by name; nothing is written to it",
)
def linked_log(world):
    for make in (lambda target, log: log.symlink_to(target), os.link):
        place, elsewhere = folder(world), folder(world)
        make(victim(elsewhere), place / "pulse.log")
        said = refusal(world, place, log_file=place / "pulse.log")
        expect("pulse.log" in said and "log-file" in said, said)
        expect_equal((elsewhere / "victim").read_text(), PRECIOUS)


@attack(
    "files: the log's name leads to a descriptor, behind which a process has somebody's file open",
    "only the output's own descriptors are followed: the start is refused by name",
)
def link_to_descriptor(world):
    place, elsewhere = folder(world), folder(world)
    with open(victim(elsewhere), encoding="utf-8") as held:
        (place / "pulse.log").symlink_to(f"/proc/{os.getpid()}/fd/{held.fileno()}")
        said = refusal(world, place, log_file=place / "pulse.log")
        expect("pulse.log" in said and "symbolic link" in said, said)
    expect_equal((elsewhere / "victim").read_text(), PRECIOUS)


@attack(
    "files: a link takes the place of the log before SIGHUP opens it anew",
    "the log continues in the old file",
)
def linked_log_at_hangup(world):
    place, elsewhere = folder(world), folder(world)
    service = started(world, place)
    moved = place / "moved.log"
    service.log_file.rename(moved)
    service.log_file.symlink_to(victim(elsewhere))
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the log continues in the old file" in moved.read_text(), "word of the link")
    expect_equal((elsewhere / "victim").read_text(), PRECIOUS)


@attack(
    "files: the log goes where operators send it: null, a descriptor, a pipe, a link to a stream",
    "all of these work",
)
def log_targets(world):
    place = folder(world)
    to_null, pipe = place / "to-null.log", place / "pipe"
    to_null.symlink_to("/dev/null")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    world.callback(os.close, reader)
    for target in ("/dev/null", "/dev/stderr", "/proc/self/fd/2", to_null, pipe):
        started(world, folder(world), log_file=target).close()
    expect(b"Store Master read" in os.read(reader, 65536), "nothing came through the pipe")


def modes_below(place):
    return {
        str(p.relative_to(place)): oct(mode_of(p)) for p in place.rglob("*") if not p.is_symlink()
    }


@attack(
    "files: another user of the machine reads database, log and copies",
    "what we make is for its owner alone, or as --file-mode says",
)
def modes(world):
    for flags, of_files, of_folders in (
        ((), "0o600", "0o700"),
        (("--file-mode", "0640"), "0o640", "0o750"),
        (("--file-mode", "660"), "0o660", "0o770"),
    ):
        above = folder(world)
        place, copies = above / "deep" / "data", above / "copies"
        keep_one(world, place, copies, *flags)
        found = modes_below(above)
        for name in (
            "deep/data/retail-pulse.db",
            "deep/data/retail-pulse.db-wal",
            "deep/data/retail-pulse.db-shm",
            "deep/data/retail-pulse.db.lock",
            "deep/data/service.log",
        ):
            expect(name in found, f"{name} is not there: {found}")
        for name, mode in found.items():
            expect_equal(
                mode, of_folders if (above / name).is_dir() else of_files, f"{name} with {flags}"
            )


@attack(
    "files: what an earlier version has left can be read by everybody",
    "it is brought to --file-mode at the start, and the log says so",
)
def former_modes(world):
    place, copies = folder(world), folder(world)
    service, _, digest = keep_one(world, place, copies)
    service.kill()  # so that the database's log stays
    for path in (*place.iterdir(), copies / digest[:2]):
        path.chmod(0o755 if path.is_dir() else 0o644)
    service = started(world, place, "--keep-images", str(copies))
    for name in ("retail-pulse.db", "retail-pulse.db-wal", "retail-pulse.db.lock", "service.log"):
        expect_equal(oct(mode_of(place / name)), "0o600", name)
    expect_equal(oct(mode_of(copies / digest[:2])), "0o700", "the folder of a copy")
    expect("retail-pulse.db was changed from 0644 to 0600" in service.log(), service.log())
    expect("the mode of the log file was changed from 0644 to 0600" in service.log(), service.log())


@attack(
    "files: a mode that lets everybody write, or nobody read",
    "it is refused, with those that there are",
)
def nonsense_modes(world):
    for mode in ("0666", "0777", "0200", "0700", "9", "rw", "0400"):
        said = refusal(world, folder(world), "--file-mode", mode)
        expect(f"--file-mode: '{mode}' is not one of 0600, 0640, 0660, 0644, 0664" in said, said)
