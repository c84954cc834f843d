"""SIGTERM again and again, idle and under load; after each stop the database file alone has to be
the whole database.

Prints a line per stop that left something wrong, and a summary. Exit code 1 when there was one.
"""

import argparse
import pathlib
import shutil
import sqlite3
import sys
import tempfile

from harness import Origin, Service, visit

IMAGES = 40


def jobs_and_images(file):
    """What a copy of the file alone holds."""
    with tempfile.TemporaryDirectory(prefix="retail-pulse-look-") as folder:
        copy = pathlib.Path(folder) / "copy.db"
        shutil.copy(file, copy)
        database = sqlite3.connect(copy)
        try:
            whole = database.execute("PRAGMA quick_check").fetchone()[0]
            if whole != "ok":
                return whole
            return tuple(
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("jobs", "images")
            )
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            database.close()


def stop_once(origin, folder, number, jobs):
    """Starts, takes jobs, stops. The number of jobs in the database then, and what is wrong."""
    wrong = []
    with Service("--gpu-delay", "0", "--drain-timeout", "1s", folder=folder) as service:
        for i in range(number % 3):  # every third stop is one of an idle service
            service.submit([visit("S00339218", origin.photo_urls(IMAGES, f"{number}-{i}-"))])
            jobs += 1
        code, _ = service.terminate()
        if code != 0:
            wrong.append(f"exit code {code}")
        for suffix in ("-wal", "-shm", "-journal"):
            if pathlib.Path(f"{service.database}{suffix}").exists():
                wrong.append(f"{suffix} is left")
        found = jobs_and_images(service.database)
        if found != (jobs, jobs * IMAGES):
            wrong.append(f"the file alone has {found} jobs and images of {(jobs, jobs * IMAGES)}")
    return jobs, wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, default=500)
    runs = arguments.parse_args().runs
    origin = Origin()
    failures = 0
    jobs = 0
    with tempfile.TemporaryDirectory(prefix="retail-pulse-stops-") as folder:
        for number in range(runs):
            jobs, wrong = stop_once(origin, folder, number, jobs)
            if wrong:
                failures += 1
                print(f"stop {number}: {'; '.join(wrong)}", flush=True)
    origin.close()
    print(f"stops {runs} wrong {failures} jobs {jobs}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
