#!/usr/bin/env python3
"""Stands in for HDFS, or stands before it, and lets things go wrong on request.

usage: stand_in.py [--page N] [--redirect] [--before HOST:PORT]

Without --before it is a NameNode and a DataNode of its own: a small file system in memory that
answers over WebHDFS as Hadoop 3.4 was seen to (two-step CREATE and OPEN, exceptions by name, rename
without moving into directories, pages of N names). With --before it is a proxy: every call goes to
that NameNode and, through rewritten addresses, to its DataNodes.

It prints "NAMENODE-PORT DATANODE-PORT" and ends with its standard input. A fault is ordered over HTTP
from the NameNode's port, and hits calls that come after the order:

  PUT /fault?kind=KIND[&at=N][&times=T][&what=OP][&pid=P][&seconds=S]
           [&body=TEXT]
      the Nth call from now (1), and the T-1 (0) behind it; only calls of OP are counted if it is given:
      an op of WebHDFS, or UPLOAD and DOWNLOAD for what the DataNode does
        lose_request  the connection is closed, nothing is done
        lose_answer   it is done, and the connection is closed
        kill_before   process P is killed with -9, nothing is done
        kill_after    it is done, and process P is killed with -9
        pause         process P is stopped (SIGSTOP); it is done, and the answer waits for P
        late          the connection is closed now, and it is done S seconds later
        half          the connection breaks after half of an upload's bytes, and they stay
        short         an upload loses half of its bytes, and the answer is that all is well
        odd           the answer is 200 with TEXT
        forget        what the call is about is deleted, and then it is done
        safe_mode, standby, busy, unwell, forbidden, quota   that answer of a NameNode
  PUT /no-fault       forgets what was ordered
  GET /calls          how many calls there were since then, and how many are still to be done late:
                      "CALLS LATE HITS"
"""
import argparse
import json
import os
import re
import signal
import socket
import socketserver
import sys
import threading
import time
from urllib.parse import parse_qsl, quote, unquote, urlsplit

PREFIX = "/webhdfs/v1"


class Refusal(Exception):
    """An answer that is an exception of Java's: status, class, message."""

    def __init__(self, status, name, message):
        super().__init__(message)
        package = {"FileNotFoundException": "java.io", "IOException": "java.io",
                   "IllegalArgumentException": "java.lang"}.get(name, "org.apache.hadoop")
        self.answer = Answer(status, {"RemoteException": {
            "exception": name, "javaClassName": f"{package}.{name}", "message": message}})


class Answer:
    def __init__(self, status=200, body=b"", headers=()):
        self.status = status
        self.body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        self.headers = list(headers)


class Call:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.announced = len(body)
        parts = urlsplit(target)
        self.path = unquote(parts.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.on_datanode = "namenoderpcaddress" in self.query
        op = self.query.get("op", "").upper()
        self.what = {"CREATE": "UPLOAD", "OPEN": "DOWNLOAD"}.get(op, op) if self.on_datanode else op


# --- faults -----------------------------------------------------------------------------------------


class Faults:
    WORDS = {
        "safe_mode": (403, "SafeModeException", "Cannot do this. Name node is in safe mode."),
        "standby": (403, "StandbyException", "Operation category WRITE is not supported in state standby"),
        "busy": (403, "RetriableException", "the server is too busy"),
        "unwell": (500, "RuntimeException", "something broke"),
        "forbidden": (403, "AccessControlException",
                      "Permission denied: user=alice, access=WRITE, inode=\"/\":root:supergroup:drwxr-xr-x"),
        "quota": (403, "DSQuotaExceededException", "The DiskSpace quota of / is exceeded"),
    }

    def __init__(self):
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        with self.lock:
            self.order, self.calls, self.late, self.hits = None, 0, 0, 0

    def set(self, query):
        with self.lock:
            self.order = {"kind": query["kind"], "what": query.get("what"), "at": int(query.get("at", 1)),
                          "times": int(query.get("times", 1)), "pid": int(query.get("pid", 0)),
                          "seconds": float(query.get("seconds", 0)), "body": query.get("body", "")}

    def hit(self, call):
        """The order if this call is the one, else None."""
        with self.lock:
            self.calls += 1
            order = self.order
            if order is None or order["what"] not in (None, call.what):
                return None
            order["at"] -= 1
            if order["at"] >= 1 or order["at"] <= -order["times"]:
                return None
            self.hits += 1
            return dict(order)

    def later(self, seconds, work):
        def run():
            time.sleep(seconds)
            work()
            with self.lock:
                self.late -= 1
        with self.lock:
            self.late += 1
        threading.Thread(target=run, daemon=True).start()


# --- a file system in memory ------------------------------------------------------------------------


class Node:
    def __init__(self, identity, content):
        self.identity, self.content, self.changed = identity, content, int(time.time() * 1000)

    @property
    def is_directory(self):
        return isinstance(self.content, dict)


class Memory:
    """What a NameNode knows and DataNodes keep."""

    def __init__(self, page, redirects):
        self.page, self.redirects = page, redirects
        self.datanode, self.lock, self.last = None, threading.Lock(), 16384
        self.root = Node(16385, {})

    def new(self, content):
        self.last += 1
        return Node(self.last, content)

    def find(self, path, checked=True):
        node = self.root
        for name in filter(None, path.split("/")):
            if not node.is_directory:
                if checked:
                    raise Refusal(403, "AccessControlException", f"{path} (is not a directory)")
                return None
            node = node.content.get(name)
            if node is None:
                return None
        return node

    def need(self, path):
        node = self.find(path)
        if node is None:
            raise Refusal(404, "FileNotFoundException", f"File does not exist: {path}")
        return node

    def make_directory(self, path):
        node = self.root
        for name in filter(None, path.split("/")):
            if not node.is_directory:
                raise Refusal(403, "ParentNotDirectoryException", f"{path} (is not a directory)")
            if name not in node.content:
                node.content[name] = self.new({})
            node = node.content[name]
        if not node.is_directory:
            raise Refusal(403, "FileAlreadyExistsException", f"Path is not a directory: {path}")
        return node

    def answer(self, call):
        if not call.path.startswith(PREFIX):
            raise Refusal(404, "FileNotFoundException", call.path)
        path = call.path[len(PREFIX):]
        if any(":" in part or part in (".", "..") for part in path.split("/")):
            raise Refusal(400, "InvalidPathException", f"Invalid file name: {path}")
        verb = {"GETFILESTATUS": "GET", "LISTSTATUS_BATCH": "GET", "OPEN": "GET", "DELETE": "DELETE"}
        op = call.query.get("op", "").upper()
        if verb.get(op, "PUT") != call.method or not hasattr(self, "do_" + op.lower()):
            raise Refusal(400, "IllegalArgumentException", f"Invalid value for webhdfs parameter \"op\": {op}")
        with self.lock:
            return getattr(self, "do_" + op.lower())(path, call)

    # What a NameNode does.

    def status(self, node, name=""):
        return {"fileId": node.identity, "pathSuffix": name, "modificationTime": node.changed,
                "length": 0 if node.is_directory else len(node.content),
                "type": "DIRECTORY" if node.is_directory else "FILE", "owner": "root", "permission": "644"}

    def do_getfilestatus(self, path, call):
        return Answer(200, {"FileStatus": self.status(self.need(path))})

    def do_liststatus_batch(self, path, call):
        node = self.find(path)
        if node is None:
            raise Refusal(404, "FileNotFoundException", f"File {path} does not exist.")
        if not node.is_directory:
            names, rest = [self.status(node)], 0
        else:
            after = call.query.get("startAfter", "").encode()
            behind = sorted(name for name in node.content if name.encode() > after)
            names = [self.status(node.content[name], name) for name in behind[:self.page]]
            rest = len(behind) - len(names)
        return Answer(200, {"DirectoryListing": {"partialListing": {"FileStatuses": {"FileStatus": names}},
                                                 "remainingEntries": rest}})

    def do_mkdirs(self, path, call):
        self.make_directory(path)
        return Answer(200, {"boolean": True})

    def do_delete(self, path, call):
        above, _, name = path.rstrip("/").rpartition("/")
        node = self.find(path)
        if node is None:
            return Answer(200, {"boolean": False})
        if node.is_directory and node.content and call.query.get("recursive") != "true":
            raise Refusal(403, "PathIsNotEmptyDirectoryException", f"{path} is non empty")
        if node is self.root:
            return Answer(200, {"boolean": False})
        del self.find(above).content[name]
        return Answer(200, {"boolean": True})

    def do_rename(self, path, call):
        to, options = call.query["destination"], call.query.get("renameoptions")
        assert options in ("NONE", "OVERWRITE"), "the other kind moves into directories"
        source, target = self.find(path), self.find(to)
        above, _, name = to.rpartition("/")
        if source is None:
            raise Refusal(404, "FileNotFoundException", f"rename source {path} is not found.")
        parent = self.find(above)
        if parent is None:
            raise Refusal(404, "FileNotFoundException", f"rename destination parent {to} not found.")
        if not parent.is_directory:
            raise Refusal(403, "ParentNotDirectoryException", f"{above} (is not a directory)")
        if target is not None:
            if source.is_directory != target.is_directory:
                raise Refusal(403, "IOException", f"Source {path} and destination {to} must both be directories")
            if options == "NONE" or target is source:
                raise Refusal(403, "FileAlreadyExistsException", f"rename destination {to} already exists")
            if target.is_directory and target.content:
                raise Refusal(403, "IOException", f"rename destination directory is not empty: {to}")
        parent.content[name] = source
        above, _, name = path.rpartition("/")
        del self.find(above).content[name]
        return Answer(200, b"")

    def redirect(self, path, call, more):
        address = (f"http://{self.datanode}{PREFIX}{quote(path)}?op={call.query['op']}"
                   f"&namenoderpcaddress=127.0.0.1:1{more}")
        if call.query.get("noredirect") == "true" and not self.redirects:
            return Answer(200, {"Location": address})
        return Answer(307, b"", [("Location", address)])

    # What a DataNode does, and how one is sent there.

    def do_create(self, path, call):
        if not call.on_datanode:
            return self.redirect(path, call, f"&overwrite={call.query.get('overwrite', 'false')}")
        above, _, name = path.rpartition("/")
        parent = self.make_directory(above)
        if name in parent.content and call.query.get("overwrite") != "true":
            raise Refusal(403, "FileAlreadyExistsException", f"{path} for client 127.0.0.1 already exists")
        parent.content[name] = self.new(call.body)
        return Answer(201)

    def do_open(self, path, call):
        if not call.on_datanode:
            if self.find(path) is None:
                raise Refusal(404, "FileNotFoundException", f"File {path} not found.")
            length = call.query.get("length")
            return self.redirect(path, call, f"&length={length}" if length else "")
        node = self.need(path)
        if node.is_directory:
            raise Refusal(404, "FileNotFoundException", f"Path is not a file: {path}")
        return Answer(200, node.content[:int(call.query.get("length", len(node.content)))])


# --- a proxy ----------------------------------------------------------------------------------------


class Forward:
    def __init__(self, namenode):
        self.namenode, self.datanode = namenode, None

    def answer(self, call):
        host, target = self.namenode, call.target
        if target.startswith("/@"):
            host, _, target = target[2:].partition("/")
            target = "/" + target
        name, _, port = host.rpartition(":")
        with socket.create_connection((name, int(port)), 60) as peer, peer.makefile("rb") as lines:
            head = f"{call.method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            if call.method in ("PUT", "POST"):
                head += f"Content-Type: application/octet-stream\r\nContent-Length: {call.announced}\r\n"
            peer.sendall(head.encode() + b"\r\n" + call.body)
            if len(call.body) < call.announced:
                raise ConnectionError("cut off")
            status, headers, body = read_answer(lines)
        body = re.sub(rb'("Location":"http://)([^/]+)/', lambda found: found[1] + self.ours(found[2]), body)
        kept = [("Location", re.sub(r"^(http://)([^/]+)/", lambda found: found[1] + self.ours(
            found[2].encode()).decode(), value)) for name, value in headers if name == "location" and status == 307]
        return Answer(status, body, kept)

    def ours(self, host):
        return self.datanode.encode() + b"/@" + host + b"/"


def read_head(lines):
    headers = []
    while (line := lines.readline().rstrip(b"\r\n")):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip().lower(), value.strip()))
    return headers


def read_body(lines, headers, until_close):
    fields = dict(headers)
    if fields.get("transfer-encoding", "").lower() == "chunked":
        pieces = []
        while (size := int(lines.readline().split(b";")[0], 16)):
            pieces.append(lines.read(size))
            lines.readline()
        read_head(lines)
        return b"".join(pieces)
    if "content-length" in fields:
        return lines.read(int(fields["content-length"]))
    return lines.read() if until_close else b""


def read_answer(lines):
    status = 100
    while status == 100:
        first = lines.readline()
        if not first:
            raise ConnectionError("no answer")
        status, headers = int(first.split()[1]), read_head(lines)
    return status, headers, read_body(lines, headers, True)


# --- serving ----------------------------------------------------------------------------------------


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            while self.serve_one():
                pass
        except (ConnectionError, BrokenPipeError, ValueError, IndexError):
            pass

    def serve_one(self):
        first = self.rfile.readline()
        if not first:
            return False
        method, target, _ = first.decode("latin-1").split()
        headers = read_head(self.rfile)
        if dict(headers).get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        call = Call(method, target, headers, read_body(self.rfile, headers, False))
        if not call.path.startswith((PREFIX, "/@")):
            self.reply(self.control(call))
            return True
        answer = self.with_faults(call)
        if answer is None:
            return False
        self.reply(answer)
        return True

    def with_faults(self, call):
        """The answer, or None when the connection is to be closed instead."""
        server = self.server.shared
        order = server.faults.hit(call) or {"kind": None}
        kind = order["kind"]
        if kind == "kill_before":
            os.kill(order["pid"], signal.SIGKILL)
        if kind in ("lose_request", "kill_before"):
            return None
        if kind == "late":
            server.faults.later(order["seconds"], lambda: server.do(call))
            return None
        if kind == "odd":
            return Answer(200, order["body"].encode())
        if kind == "forget":
            server.do(Call("DELETE", f"{urlsplit(call.target).path}?op=DELETE", [], b""))
        if kind in ("half", "short"):
            call.body = call.body[:len(call.body) // 2]
        if kind == "half":
            server.do(call)
            return None
        if kind == "pause":
            os.kill(order["pid"], signal.SIGSTOP)
        if kind in Faults.WORDS:
            return Refusal(*Faults.WORDS[kind]).answer
        answer = server.do(call)
        if kind == "kill_after":
            os.kill(order["pid"], signal.SIGKILL)
        return None if kind in ("lose_answer", "kill_after") else answer

    def control(self, call):
        faults = self.server.shared.faults
        if call.path == "/fault":
            faults.set(call.query)
        elif call.path == "/no-fault":
            faults.reset()
        elif call.path == "/calls":
            with faults.lock:
                return Answer(200, f"{faults.calls} {faults.late} {faults.hits}".encode())
        else:
            return Answer(404)
        return Answer(200)

    def reply(self, answer):
        head = f"HTTP/1.1 {answer.status} -\r\nContent-Length: {len(answer.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        self.wfile.write(head.encode() + b"\r\n" + answer.body)
        self.wfile.flush()


class Shared:
    """What both ports have in common."""

    def __init__(self, backend):
        self.backend, self.faults = backend, Faults()

    def do(self, call):
        try:
            return self.backend.answer(call)
        except Refusal as refusal:
            return refusal.answer
        except (ConnectionError, OSError):
            return None


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--redirect", action="store_true")
    parser.add_argument("--before", metavar="HOST:PORT")
    options = parser.parse_args()
    shared = Shared(Forward(options.before) if options.before else Memory(options.page, options.redirect))
    servers = [Server(("127.0.0.1", 0), Connection) for _ in range(2)]
    ports = [server.server_address[1] for server in servers]
    shared.backend.datanode = f"127.0.0.1:{ports[1]}"
    for server in servers:
        server.shared = shared
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(*ports, flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
