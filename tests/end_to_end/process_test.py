"""The service as a process: signals, limits of the system, the files it leaves."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from harness import PATIENCE, PROGRAM, SOURCE, STORES, Origin, Service, visit, wait_for

KNOWN = "S00339218"
ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGPWR, signal.SIGXCPU]
IGNORED = [
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGIO,
    signal.SIGXFSZ,
    signal.SIGPIPE,
    signal.SIGRTMIN,
    signal.SIGRTMIN + 3,
    signal.SIGRTMAX,
]


class Signals(unittest.TestCase):
    def test_whatever_asks_for_an_end_lets_images_in_flight_report_and_ends_with_0(self):
        origin = Origin(delay=0.2)
        self.addCleanup(origin.close)
        for number in ENDING:
            with self.subTest(signal=number.name), Service("--gpu-delay", "0") as service:
                service.submit([visit(KNOWN, origin.photo_urls(8, number.name))])
                wait_for(
                    lambda: len([t for _, t in origin.requests if number.name in t]) == 8, "fetches"
                )
                service.process.send_signal(number)
                self.assertEqual(service.process.wait(timeout=PATIENCE), 0, service.log())
                service.process.stdout.close()
                self.assertEqual(len(service.recorded_urls()), 8)

    def test_a_limit_of_processor_time_that_is_passed_again_and_again_lets_the_drain_go_on(self):
        origin = Origin(delay=0.5)
        self.addCleanup(origin.close)
        with Service("--gpu-delay", "0") as service:
            service.submit([visit(KNOWN, origin.photo_urls(8))])
            wait_for(lambda: len(origin.requests) == 8, "fetches")
            service.process.send_signal(signal.SIGXCPU)
            wait_for(lambda: service.get("/readyz")[0] == 503, "the drain")
            service.process.send_signal(signal.SIGXCPU)
            self.assertEqual(service.process.wait(timeout=PATIENCE), 0, service.log())
            service.process.stdout.close()
            self.assertEqual(len(service.recorded_urls()), 8)

    def test_signals_that_mean_nothing_here_change_nothing(self):
        with Service() as service:
            for number in IGNORED:
                service.process.send_signal(number)
                self.assertEqual(service.get("/healthz")[0], 200, number)
            self.assertEqual(service.terminate()[0], 0)

    def test_sighup_goes_on_in_a_new_log_file(self):
        with Service() as service:
            moved = service.folder / "service.log.1"
            os.rename(service.log_file, moved)
            service.process.send_signal(signal.SIGHUP)
            wait_for(service.log_file.exists, "a new log file")
            before = moved.read_text()
            self.assertEqual(service.terminate()[0], 0)
            self.assertIn("drained", service.log())
            self.assertIn("ready", before)
            self.assertEqual(moved.read_text(), before)

    def test_sighup_without_a_log_file_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                PROGRAM,
                "serve",
                "--port",
                "0",
                "--storage",
                f"sqlite:{folder}/x.db",
                "--store-master",
                STORES,
            ]
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ) as process:
                self.assertIn("listening", process.stdout.readline())
                process.send_signal(signal.SIGHUP)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(timeout=PATIENCE), 0)

    def test_the_demo_leaves_no_folder_behind_when_its_terminal_goes(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [PROGRAM, "demo", "--port", "0", "--origin-port", "0"]
            with subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                text=True,
                cwd=SOURCE,
                env=os.environ | {"TMPDIR": folder},
            ) as process:
                while "Ctrl-C" not in process.stdout.readline():
                    self.assertIsNone(process.poll())
                process.send_signal(signal.SIGHUP)
                process.stdout.read()
                self.assertEqual(process.wait(timeout=PATIENCE), 0)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


class Limits(unittest.TestCase):
    def start_with(self, limits, folder):
        """Exit code (nothing when it served, and was ended) and what it said."""
        command = [
            *limits,
            PROGRAM,
            "serve",
            "--port",
            "0",
            "--storage",
            f"sqlite:{folder}/x.db",
            "--store-master",
            STORES,
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            if "listening" in process.stdout.readline():
                process.send_signal(signal.SIGTERM)
                _, said = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 0, said)
                return None, said
            _, said = process.communicate(timeout=PATIENCE)
            return process.returncode, said

    def each_limit(self, limits, prefix):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            outcomes = []
            for limit in limits:
                code, said = self.start_with(prefix(limit), folder)
                outcomes.append(code)
                if code is not None:
                    self.assertIn(code, (1, 2, 127), f"{limit}: {said}")  # 127: of the loader
                    self.assertRegex(
                        said,
                        "the service cannot start|error while loading shared libraries",
                        f"{limit}: {said}",
                    )
            return outcomes

    @unittest.skipUnless(
        os.geteuid() == 0, "the limit of processes is one of a user's, and others may run"
    )
    def test_however_few_threads_may_be_made_a_start_ends_or_serves(self):
        user = [
            "setpriv",
            "--reuid",
            "51234",
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all",
        ]
        if subprocess.run([*user, "test", "-x", PROGRAM]).returncode != 0:
            self.skipTest("another user cannot run the program where it stands")
        outcomes = self.each_limit(
            range(1, 40 + os.cpu_count()), lambda n: [*user, "prlimit", f"--nproc={n}"]
        )
        self.assertEqual(outcomes[0], 1)
        self.assertIsNone(outcomes[-1])
        self.assertEqual(
            outcomes, sorted(outcomes, key=lambda code: code is None)
        )  # from some number on it serves

    def test_however_few_descriptors_may_be_open_a_start_ends_or_serves(self):
        outcomes = self.each_limit(
            [*range(4, 40, 3), 64, 128, 256, 512], lambda n: ["prlimit", f"--nofile={n}"]
        )
        self.assertIsNone(outcomes[-1])

    def test_however_little_memory_there_is_a_start_ends_or_serves(self):
        limits = [n << 20 for n in (60, 80, 100, 150, 200, 300)]
        if (
            subprocess.run(
                ["prlimit", f"--as={limits[-1]}", PROGRAM, "--version"], capture_output=True
            ).returncode
            != 0
        ):
            self.skipTest("under a sanitizer the program takes terabytes of addresses")
        outcomes = self.each_limit(limits, lambda n: ["prlimit", f"--as={n}"])
        self.assertEqual(outcomes[0], 1)

    def test_a_service_has_no_more_threads_at_the_start_than_it_asks_for(self):
        with tempfile.TemporaryDirectory() as folder:
            _, said = self.start_with(["prlimit", f"--as={100 << 20}"], folder)
        wanted = re.search(r"of the (\d+) threads", said)
        with Service("--callback-secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3") as service:
            threads = len(os.listdir(f"/proc/{service.process.pid}/task"))
        if wanted is None:
            self.skipTest("no limit of memory was in the way")
        self.assertLessEqual(threads, int(wanted[1]) + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
