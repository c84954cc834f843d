"""kill -9 at random moments under load, again and again on one database; then client, database and image host are compared.

Prints one line per run and a summary; exit code 1 when something was lost, done twice, or done again after it was recorded.
"""

import argparse
import random
import statistics
import sys
import time

from harness import Origin, Service, visit, wait_for

STORES = ["S00339218", "S01408764"]


def check_database(service):
    """What the database itself can prove: counters match rows, states match counters."""
    with service.copied_database() as database:
        wrong = database.execute(
            """SELECT job_id FROM jobs j WHERE state > 0 AND
                 (images_succeeded <> (SELECT count(*) FROM images i WHERE i.job_id = j.job_id AND i.state = 1)
               OR images_failed <> (SELECT count(*) FROM images i WHERE i.job_id = j.job_id AND i.state = 2)
               OR images_total <> (SELECT count(*) FROM images i WHERE i.job_id = j.job_id)
               OR (state > 1) <> (images_succeeded + images_failed = images_total))""").fetchall()
    if wrong:
        raise AssertionError(f"counters do not match rows in jobs {wrong}")


def one_run(service, origin, chance, accepted, run):
    """Starts, submits under load, kills at a random moment; returns how many images were fetched again, and seconds to the first resumed one."""
    recorded = {url.removeprefix(origin.url) for url in service.recorded_urls()} if run else set()
    unfinished = bool(run) and has_pending(service)
    before = len(origin.requests)
    started = time.monotonic()
    service.start()
    resumed = None
    if unfinished:
        wait_for(lambda: len(origin.requests) > before, "the first resumed image")
        resumed = origin.requests[before][0] - started
    service.wait_ready()
    until = time.monotonic() + chance.uniform(0.05, 1.0)
    while time.monotonic() < until:
        large = chance.random() < 0.02  # written in slices
        urls = origin.photo_urls(chance.randint(2001, 6000) if large else chance.randint(1, 200), f"r{run}j{len(accepted)}-")
        if chance.random() < 0.2:
            urls.append(f"{origin.url}/missing/r{run}j{len(accepted)}.jpg")
        job = service.submit([visit(chance.choice(STORES), urls)])
        accepted[job] = len(urls)
    service.kill()
    again = recorded & {target for _, target in origin.requests[before:]}
    return len(again), resumed


def has_pending(service):
    with service.copied_database() as database:
        return database.execute("SELECT count(*) FROM images WHERE state = 0").fetchone()[0] > 0


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=50)
    options.add_argument("--seed", type=int, default=int(time.time()))
    arguments = options.parse_args()
    chance = random.Random(arguments.seed)
    print(f"seed {arguments.seed}")
    origin, service = Origin(delay=0.005), Service("--gpu-delay", "0", "--fetch-attempts", "1")
    accepted, again, resumed = {}, 0, []
    try:
        for run in range(arguments.runs):
            repeats, first = one_run(service, origin, chance, accepted, run)
            again += repeats
            resumed += [first] if first is not None else []
            check_database(service)
            print(f"run {run + 1}: {len(accepted)} jobs accepted, first resumed image after "
                  f"{'-' if first is None else f'{first * 1000:.0f} ms'}, fetched again {repeats}", flush=True)
        service.start().wait_ready()
        lost = miscounted = 0
        for job, images in accepted.items():
            code, _ = service.get(f"/api/status?jobid={job}")
            if code != 200:
                lost += 1
                continue
            if service.wait_for_end(job)["images"]["done"] != images:
                miscounted += 1
        check_database(service)
        code, _ = service.terminate()
        median = statistics.median(resumed) * 1000 if resumed else 0
        print(f"runs {arguments.runs} jobs {len(accepted)} images {sum(accepted.values())} lost {lost} miscounted {miscounted} "
              f"fetched-again {again} resume-median-ms {median:.0f} resume-max-ms {max(resumed, default=0) * 1000:.0f} exit {code}")
        return 1 if lost or miscounted or again or code else 0
    finally:
        service.close()
        origin.close()


if __name__ == "__main__":
    sys.exit(main())
