"""What may happen to the service besides SIGKILL, during the load or to the files it left behind.
Each mode mends what it has done.
"""

import os
import pathlib
import re
import signal
import sqlite3
import struct
import subprocess
import time

from harness import wait_for

DISK, TMPFS = "disk", "tmpfs"


class Mode:
    name = "plain"
    ground = None  # where the database has to lie, when it matters
    prefix = ()  # of the service's command
    # whether the way from the kill to the first resumed image says nothing about the service
    disturbs = False

    def during(self, stage):
        """While the clients submit."""

    def after_kill(self, stage):
        """Before anybody has looked at what the killed service left behind: what no commit covers
        may go.
        """

    def before_start(self, stage):
        """When it is known what was there: what was committed may not go."""


class Stopped(Mode):
    name = "stopped"

    def during(self, stage):
        stage.service.process.send_signal(signal.SIGSTOP)
        time.sleep(stage.chance.uniform(0.05, 0.4))
        stage.service.process.send_signal(signal.SIGCONT)
        stage.wait_for_another_job()


class Descriptors(Mode):
    name = "descriptors"
    prefix = ("prlimit", "--nofile=256")

    def during(self, stage):
        stage.wait_for_another_job()


class FullDisk(Mode):
    """The file system shrinks to what is used instead of being filled: ballast on a tmpfs would be
    memory.
    """

    name = "full-disk"
    ground = TMPFS
    disturbs = True

    def during(self, stage):
        stage.shrink_tmpfs()
        try:
            stage.wait_for_refusal("no space left", lambda: stage.submit(300))
            if stage.chance.random() < 0.5:  # a start on the full disk
                stage.kill()
                stage.grow_tmpfs()  # a look takes space
                stage.check()
                stage.shrink_tmpfs()
                stage.start_if_possible("no space|full|cannot be written")
        finally:
            stage.grow_tmpfs()
        if stage.service.process.poll() is not None:
            stage.service.start()
        stage.wait_for_another_job()
        stage.wait_for_another_image()


class ReadOnly(Mode):
    """Files that become immutable behind the open descriptors of the service, as a disk does that
    fails.

    Not SQLite's index of the log: it is mapped, and a mapped page that can no longer be written
    ends any process with SIGBUS.
    """

    name = "read-only"
    ground = DISK
    disturbs = True

    def during(self, stage):
        stage.freeze_files()
        try:
            stage.wait_for_refusal("cannot be written", lambda: stage.submit(1))
            if stage.chance.random() < 0.5:
                stage.kill()
                stage.thaw_files()
                stage.check()
                stage.freeze_files()
                stage.must_refuse("cannot be written|cannot be opened")
        finally:
            stage.thaw_files()
        if stage.service.process.poll() is not None:
            stage.service.start()
        stage.wait_for_another_job()
        stage.wait_for_another_image()


class ReadOnlyStart(Mode):
    """A file system can only be mounted read-only when nobody writes to it, that is between kill
    and start.
    """

    name = "read-only-start"
    ground = TMPFS
    disturbs = True

    def before_start(self, stage):
        stage.remount("ro")
        try:
            stage.must_refuse("cannot be opened: Read-only file system|cannot be written")
        finally:
            stage.remount("rw")


class GarbageBehindLog(Mode):
    name = "garbage-behind-log"
    disturbs = True

    def after_kill(self, stage):
        log = Log(stage.service.database)
        if log.exists():
            log.overwrite(
                log.end_of_commits(),
                stage.chance.randbytes(stage.chance.randint(1, 3 * log.frame_bytes)),
            )


class TornFrame(Mode):
    """A frame of this round whose page is not whole, behind the last commit."""

    name = "torn-frame"
    disturbs = True

    def after_kill(self, stage):
        log = Log(stage.service.database)
        if log.exists():
            frame = (
                bytearray(log.read(log.frame_at(log.committed()), log.frame_bytes))
                if log.committed()
                else b"\1" * log.frame_bytes
            )
            if stage.chance.random() < 0.5:
                frame[-2000:] = bytes(2000)
                log.overwrite(log.end_of_commits(), frame)
            else:
                log.cut(log.end_of_commits())
                log.overwrite(
                    log.end_of_commits(), frame[: stage.chance.randint(1, log.frame_bytes - 1)]
                )


class DamagedLog(Mode):
    name = "damaged-log"
    disturbs = True

    def before_start(self, stage):
        log = Log(stage.service.database)
        if not log.exists() or not log.committed():
            return DamagedDatabase().before_start(stage)
        whole = log.path.read_bytes()
        how = stage.chance.choice(("bit", "bit", "bit", "head", "cut", "gone"))
        if how == "bit":
            place = stage.chance.randrange(log.frame_at(1), log.end_of_commits())
            log.overwrite(place, bytes([whole[place] ^ 1 << stage.chance.randrange(8)]))
        elif how == "head":
            place = stage.chance.randrange(Log.HEAD)
            log.overwrite(place, bytes([whole[place] ^ 0x40]))
        elif how == "cut":
            log.cut(stage.chance.randrange(log.end_of_commits()))
        elif log.copied_home() < log.committed():
            log.path.unlink()
        else:
            log.cut(log.frame_at(1) + 1)
        stage.must_refuse("-wal is damaged")
        log.path.write_bytes(whole)


class DamagedDatabase(Mode):
    """Without a log, from which the file could be made good. Of a large file the service looks at
    its beginning and its length.
    """

    name = "damaged-database"
    disturbs = True
    SMALL = 2048  # pages

    def before_start(self, stage):
        file = stage.service.database
        with_log_brought_home(file)
        size = file.stat().st_size
        pages = size // 4096
        how = stage.chance.choice(
            ("head", "cut", "page") if pages <= self.SMALL else ("head", "cut")
        )
        with open(file, "r+b") as stream:
            at = {"head": 0, "cut": size - 4096, "page": 4096 * stage.chance.randrange(pages)}[how]
            stream.seek(at)
            saved = stream.read(4096)
            stream.seek(at)
            stream.write(b"garbage!" if how == "head" else b"\xee" * 4096)
            if how == "cut":
                stream.truncate(at)
        stage.must_refuse("damaged|not a database")
        for rest in ("-wal", "-shm"):
            pathlib.Path(f"{file}{rest}").unlink(missing_ok=True)
        with open(file, "r+b") as stream:
            stream.seek(at)
            stream.write(saved)


ALL = [
    Mode,
    Stopped,
    Descriptors,
    FullDisk,
    ReadOnly,
    ReadOnlyStart,
    GarbageBehindLog,
    TornFrame,
    DamagedLog,
    DamagedDatabase,
]


def with_log_brought_home(file):
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


class Log:
    """The write-ahead log of a killed service, and SQLite's index of it."""

    HEAD, FRAME_HEAD = 32, 24

    def __init__(self, database):
        self.path = pathlib.Path(f"{database}-wal")
        self._index = pathlib.Path(f"{database}-shm")
        self.frame_bytes = self.FRAME_HEAD + 4096

    def exists(self):
        return self.path.exists() and self.path.stat().st_size > self.HEAD

    def read(self, at, count):
        with open(self.path, "rb") as stream:
            stream.seek(at)
            return stream.read(count)

    def overwrite(self, at, what):
        with open(self.path, "r+b") as stream:
            stream.seek(at)
            stream.write(what)

    def cut(self, at):
        os.truncate(self.path, at)

    def frame_at(self, number):
        """Where a frame begins; the first has number 1."""
        return self.HEAD + (number - 1) * self.frame_bytes

    def committed(self):
        """How many frames commits cover."""
        index = self._index.read_bytes()[:48]
        same_round = index[32:40] == self.read(16, 8)
        return struct.unpack_from("=I", index, 16)[0] if same_round else 0

    def copied_home(self):
        return struct.unpack_from("=I", self._index.read_bytes(), 96)[0]

    def end_of_commits(self):
        return self.frame_at(self.committed() + 1)


def told(pattern, text):
    return re.search(pattern, text) is not None


class Grounds:
    """Two folders for the database: one on the disk, and, where that can be had, a small file
    system of its own.
    """

    TMPFS_SIZE = "2g"

    def __init__(self, folder, namespace):
        self.disk, self.tmpfs = folder / "disk", folder / "tmpfs"
        self._frozen = []
        self.disk.mkdir()
        self.tmpfs.mkdir()
        self._mounted = namespace and self._mount(
            ["-t", "tmpfs", "-o", f"size={self.TMPFS_SIZE}", "tmpfs"]
        )

    def _mount(self, arguments):
        return (
            subprocess.run(["mount", *arguments, str(self.tmpfs)], capture_output=True).returncode
            == 0
        )

    def have(self, mode):
        """Why a mode cannot be, or nothing."""
        if mode.ground == TMPFS and not self._mounted:
            return "takes root and a mount namespace"
        if mode is ReadOnly and not self._can_freeze():
            return "takes root and a file system with chattr +i"
        return None

    def _can_freeze(self):
        probe = self.disk / "probe"
        with open(probe, "wb", buffering=0) as stream:
            try:
                self.freeze([probe])
                stream.write(b"x")
                return False
            except PermissionError:
                return True
            except (OSError, subprocess.CalledProcessError):
                return False
            finally:
                self.thaw()
                probe.unlink()

    def freeze(self, files):
        self._frozen = [str(file) for file in files if file.exists()]
        subprocess.run(["chattr", "+i", *self._frozen], check=True, capture_output=True)

    def thaw(self):
        if self._frozen:
            subprocess.run(["chattr", "-i", *self._frozen], capture_output=True)
        self._frozen = []

    def remount(self, how):
        if not self._mount(["-o", f"remount,{how}"]):
            raise AssertionError(f"{self.tmpfs} cannot be remounted {how}")

    def shrink(self):
        def shrunk():
            usage = os.statvfs(self.tmpfs)
            used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
            return self._mount(
                ["-o", f"remount,size={used}"]
            )  # fails when the service has just taken more

        wait_for(shrunk, "the file system to shrink")

    def grow(self):
        self.remount(f"size={self.TMPFS_SIZE}")

    def close(self):
        self.thaw()
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self.tmpfs)], capture_output=True)
