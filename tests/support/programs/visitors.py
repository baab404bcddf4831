"""Visitors of many kinds at once, each of whom asks at a steady pace, or as fast as it is answered, and writes down what failed.

Takes a job as JSON on standard input: "kinds" has a number of visitors for each kind, "rate" the requests a second of each (0: no pause).
Answers with one line of JSON once its file "stop" is there. Of the answers with X-Release it tells who answered from when until when.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time

JOB = json.load(sys.stdin)
DOMAIN = JOB["domain"]
TRUST = ssl.create_default_context(cafile=JOB["roots"])
ASSET = "/build/assets/app-4f3c9a1b.js"
UPLOAD_SECONDS, CHUNK = 30, 8192
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# How many failures are told in words.
TOLD = 20


def stopped():
    return os.path.exists(JOB["stop"])


class Visitor(threading.Thread):
    """``runs``: the releases that answered, one after the other, each with the first and the last time."""

    # How often it asks where the job says nothing else.
    seconds = 0

    def __init__(self):
        super().__init__(daemon=True)
        self.asked, self.failed, self.failures, self.longest = 0, 0, [], 0.0
        self.runs, self.jobs, self.connection = [], [], None

    def run(self):
        every = self.seconds or (1 / JOB["rate"] if JOB["rate"] else 0)
        # They come within a second.
        following = time.monotonic() + random.random()
        while not stopped():
            if following > time.monotonic():
                time.sleep(min(1, following - time.monotonic()))
                continue
            # Who was kept waiting does not ask twice as fast afterwards.
            following = max(following + every, time.monotonic())
            self.once()

    def ask(self):
        """The status of an answer, and the answer. Raises what http.client does."""
        raise NotImplementedError

    def once(self):
        began = time.monotonic()
        try:
            status, said = self.ask()
        except (OSError, http.client.HTTPException) as problem:
            status, said = repr(problem), None
            self.leave()
        self.note(status, time.monotonic() - began)
        if said is not None:
            self.hear(said)

    def note(self, status, seconds):
        self.asked += 1
        self.longest = max(self.longest, seconds)
        if not isinstance(status, int) or not 200 <= status < 400:
            self.failed += 1
            self.failures = [*self.failures, [time.time(), status]][-TOLD:]

    def hear(self, answer):
        release = answer.getheader("X-Release")
        if release and (not self.runs or self.runs[-1][0] != release):
            self.runs.append([release, time.time(), time.time()])
        elif release:
            self.runs[-1][2] = time.time()

    def connect(self):
        self.connection = self.connection or http.client.HTTPSConnection(DOMAIN, timeout=20, context=TRUST)
        return self.connection

    def leave(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        self.body = answer.read()
        return answer.status, answer


class Reader(Visitor):
    """Over one connection, for as long as the server keeps it."""

    def ask(self):
        return self.request("GET", random.choice(["/", "/page"]))


class Writer(Visitor):
    """What nobody may send twice."""

    def ask(self):
        return self.request("POST", "/writes", "", FORM)


class Stranger(Visitor):
    """A new connection each time."""

    def ask(self):
        found = self.request("GET", "/page", headers={"Connection": "close"})
        self.leave()
        return found


class Looker(Visitor):
    def ask(self):
        return self.request("GET", ASSET)


class Uploader(Visitor):
    """Sends its file for as long as many deployments' hand-overs take."""

    seconds = UPLOAD_SECONDS + 1

    def ask(self):
        head = b'--part\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        tail = b"\r\n--part--\r\n"
        connection = self.connect()
        connection.putrequest("POST", "/uploads")
        connection.putheader("Content-Type", "multipart/form-data; boundary=part")
        connection.putheader("Content-Length", str(len(head) + UPLOAD_SECONDS * CHUNK + len(tail)))
        connection.endheaders(head)
        for _second in range(UPLOAD_SECONDS):
            time.sleep(1)
            connection.send(b"x" * CHUNK)
        connection.send(tail)
        answer = connection.getresponse()
        answer.read()
        self.leave()
        return answer.status, answer

    def hear(self, answer):
        """It was sent to the release that served half a minute before."""


class Client(Visitor):
    """Gives the application jobs, and keeps their names."""

    job_seconds = 0

    def ask(self):
        found = self.request("POST", "/jobs", f"seconds={self.job_seconds}", FORM)
        if found[0] == 200:
            self.jobs.append(json.loads(self.body)["id"])
        return found


class PatientClient(Client):
    """The same with jobs of 20 s, now and then."""

    seconds, job_seconds = 90, 20


class Browser(Visitor):
    """HTTP/2, by curl: all over one connection."""

    def run(self):
        rate = f"{max(round(JOB['rate'] or 5), 1)}/s"
        command = ["curl", "--silent", "--http2", "--rate", rate, "--max-time", "20", "--cacert", JOB["roots"]]
        # Line by line: its other output comes in blocks.
        command += ["--output", "/dev/null", "--write-out", "%{stderr}%{http_code} %{http_version} %{time_total}\\n"]
        while not stopped():
            curl = subprocess.Popen([*command, f"https://{DOMAIN}/page?[1-100000]"], stderr=subprocess.PIPE, text=True)
            for line in curl.stderr or ():
                status, version, seconds = line.split()
                self.note(int(status) if version == "2" else f"{status} by HTTP/{version}", float(seconds))
                if stopped():
                    curl.terminate()
                    break


KINDS = {
    "keep-alive": Reader, "post": Writer, "new connection": Stranger, "asset": Looker, "upload": Uploader, "http2": Browser,
    "job": Client, "long job": PatientClient,
}  # fmt: skip


def told(visitors):
    return {
        "asked": sum(each.asked for each in visitors),
        "failed": sum(each.failed for each in visitors),
        "failures": [failure for each in visitors for failure in each.failures][:TOLD],
        "longest": round(max(each.longest for each in visitors), 2),
    }


def main():
    visitors = {kind: [KINDS[kind]() for _number in range(count)] for kind, count in JOB["kinds"].items()}
    every = [each for group in visitors.values() for each in group]
    began = time.time()
    for each in every:
        each.start()
    open(JOB["ready"], "w").close()
    for each in every:
        each.join()
    print(
        json.dumps(
            {
                "seconds": time.time() - began,
                "kinds": {kind: told(group) for kind, group in visitors.items()},
                "runs": [run for each in every for run in each.runs],
                "jobs": [job for each in every for job in each.jobs],
            }
        )
    )


main()
