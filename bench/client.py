"""The benchmarks' own HTTP client: raw sockets that are kept, so that little but the server is measured."""

import http.client
import json
import selectors
import socket
import time
from collections import deque

from measure import Failed

PATIENCE_S = 120


class Api:
    """Calls one after the other, over one connection."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.line = http.client.HTTPConnection(*address, timeout=PATIENCE_S)

    def call(self, method, path, body=None):
        """The answer's JSON; what is no success is a failure of the bench."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self.line.request(method, f"/api/v1{path}", body, headers)
        answer = self.line.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise Failed(f"{method} {path}: {answer.status} {text[:500].decode(errors='replace')}")
        return json.loads(text) if text else None

    def timed(self, path):
        """How long a GET takes, in seconds, and its answer."""
        started = time.perf_counter()
        answer = self.call("GET", path)
        return time.perf_counter() - started, answer

    def head(self, path, accept="application/json"):
        """A GET as it goes over the line."""
        host = f"{self.address[0]}:{self.address[1]}"
        return (
            f"GET /api/v1{path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()


class Line:
    """A connection over which one request after the other goes."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.due = bytearray(1 << 20), 0.0
        self.begin()

    def begin(self):
        self.filled, self.length = 0, None

    def send(self, request, due):
        self.due = due
        self.begin()
        self.socket.sendall(request)

    def read(self):
        """Takes what has come; whether the answer is whole."""
        got = self.socket.recv_into(memoryview(self.buffer)[self.filled :])
        if got == 0:
            raise Failed("the server closed a connection")
        self.filled += got
        if self.length is None:
            self.read_head()
        return self.length is not None and self.filled >= self.length

    def read_head(self):
        end = self.buffer.find(b"\r\n\r\n", 0, self.filled)
        if end < 0:
            return
        head = bytes(self.buffer[:end]).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise Failed(f"the server answered {head[:200]!r}")
        body = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        self.length = end + 4 + body
        if self.length > len(self.buffer):
            self.buffer.extend(bytes(self.length - len(self.buffer)))


def open_loop(address, request, rate, seconds, lines=32):
    """Asks at a fixed rate, whether or not answers come; how long each took from when it was due, in seconds."""
    free = [Line(address) for _ in range(lines)]
    selector = selectors.DefaultSelector()
    for line in free:
        selector.register(line.socket, selectors.EVENT_READ, line)
    total, sent, waiting, took = int(rate * seconds), 0, deque(), []
    started = time.perf_counter()
    while len(took) < total:
        now = time.perf_counter()
        while sent < total and started + sent / rate <= now:
            waiting.append(started + sent / rate)
            sent += 1
        while waiting and free:
            free.pop().send(request, waiting.popleft())
        pause = started + sent / rate - now if sent < total else 0.1
        for key, _ in selector.select(max(0, pause)):
            line = key.data
            if line.read():
                took.append(time.perf_counter() - line.due)
                free.append(line)
        if time.perf_counter() > started + seconds + PATIENCE_S:
            raise Failed(f"{total - len(took)} of {total} answers never came")
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return took


def percentile(values, share):
    """The smallest value that so many (0 to 1) are at most."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Stream:
    """A live log or view: server-sent events, in the chunks of HTTP/1.1."""

    def __init__(self, api, path, kind):
        self.kind, self.over = kind, False
        self.raw, self.text, self.at = bytearray(), bytearray(), 0
        self.socket = socket.create_connection(api.address, timeout=PATIENCE_S)
        self.socket.sendall(api.head(path, "text/event-stream"))
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.socket.recv(4096)
            if not piece:
                raise Failed(f"{path}: closed before it began")
            head += piece
        head, _, rest = head.partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Failed(f"{path}: {head[:200]!r}")
        self.raw += rest
        self.socket.setblocking(False)

    def read(self):
        """Takes what has come; the new part of the text."""
        try:
            piece = self.socket.recv(1 << 18)
        except BlockingIOError:
            return b""
        if not piece:
            self.over = True
        self.raw += piece
        before = len(self.text)
        while not self.over:
            end = self.raw.find(b"\r\n", self.at)
            if end < 0:
                break
            size = int(self.raw[self.at : end], 16)
            if size == 0:
                self.over = True
            if len(self.raw) < end + 4 + size:
                break
            self.text += self.raw[end + 2 : end + 2 + size]
            self.at = end + 4 + size
        if self.at > 1 << 20:
            del self.raw[: self.at]
            self.at = 0
        return memoryview(self.text)[before:]

    def forget(self):
        """Keeps nothing of the text so far."""
        self.text = bytearray()

    def events(self):
        """The text's events so far: kind and data."""
        for block in bytes(self.text).split(b"\n\n"):
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
            if b"event" in fields:
                yield fields[b"event"].decode(), fields.get(b"data", b"")


class Streams:
    """Many of them, read by one thread."""

    def __init__(self):
        self.selector, self.all = selectors.DefaultSelector(), []

    def open(self, api, path, kind=""):
        stream = Stream(api, path, kind)
        self.selector.register(stream.socket, selectors.EVENT_READ, stream)
        self.all.append(stream)
        return stream

    def read(self, until, heard):
        """Reads until that time (or until all have ended), and tells what came of which stream."""
        open_ones = sum(not stream.over for stream in self.all)
        while open_ones and (now := time.time()) < until:
            for key, _ in self.selector.select(min(0.2, until - now)):
                text = key.data.read()
                if text:
                    heard(key.data, text, time.time())
                if isinstance(text, memoryview):
                    text.release()
                if key.data.over:
                    self.selector.unregister(key.fileobj)
                    open_ones -= 1
        return open_ones == 0

    def close(self):
        for stream in self.all:
            stream.socket.close()
