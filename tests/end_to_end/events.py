"""A client of Server-Sent Events on a plain socket."""

import json
import socket


class Broken(Exception):
    """The stream broke off, or the service could not be reached."""


class Events:
    """One connection to /api/jobs/JOB/events. `last_id` is what to resume with; `status` 204 means
    that there is nothing more.
    """

    def __init__(self, port, job, last_id=None, patience=60):
        self.last_id = last_id
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
            resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
            self._socket.sendall(
                f"GET /api/jobs/{job}/events HTTP/1.1\r\nHost: h\r\n{resume}\r\n".encode()
            )
            self._file = self._socket.makefile("rb")
            self.status = int(self._line().split()[1])
            while self._line():
                pass
        except OSError as error:
            raise Broken(str(error)) from error

    def _line(self):
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise Broken("the connection ended")
        return line.rstrip(b"\r\n").decode()

    def _chunks(self):
        while size := int(self._line(), 16):
            chunk = self._file.read(size)
            if len(chunk) < size:
                raise Broken("the connection ended in a chunk")
            self._line()
            yield chunk.decode()

    def __iter__(self):
        """(event, id, data) to the end of the stream; Broken where it has none."""
        text = ""
        try:
            for chunk in self._chunks():
                text += chunk
                *blocks, text = text.split("\n\n")
                for block in blocks:
                    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
                    self.last_id = fields.get("id", self.last_id)
                    if "event" in fields:
                        yield fields["event"], fields.get("id"), json.loads(fields["data"])
        except OSError as error:
            raise Broken(str(error)) from error

    def close(self):
        self._file.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def key(event_id):
    """Ids in their order."""
    return tuple(map(int, event_id.split(".")))
