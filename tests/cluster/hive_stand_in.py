#!/usr/bin/env python3
"""A HiveServer2 for unit tests: speaks the protocol on three ports (plain, SASL PLAIN, HTTP) and knows no SQL, but
does what the statement says. Prints the ports, ends with its stdin.

    types                   one row of every type, one of NULLs
    rows N                  N rows: a bigint, a string, a double
    fail, fail later        an error with SQLSTATE 42P01, at once or while it runs
    break N                 N rows, then an error
    sleep                   runs until it is cancelled
    silent                  is never answered
    hang up                 the connection is closed instead of an answer; `leave`: behind the answer
    forget                  all sessions are forgotten
    long text, negative text, many items, deep, strange type, short column, no columns, nothing, other call
                            answers that must be refused
    next cut N, next flip N of what is sent on connections that begin from now on, N bytes are the last before one
                            ends, or byte N is turned over and the connection ends behind that answer
    count cancels, count sessions, count statements
Everything else succeeds without rows. The user "nobody" is refused, "bird" has the password "seed".
"""
import base64
import socket
import struct
import sys
import threading

VOID, BOOL, I8, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = 1, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
NUMBERS = {BOOL: ">b", I8: ">b", DOUBLE: ">d", I16: ">h", I32: ">i", I64: ">q"}
ERROR, RUNNING, FINISHED, CANCELED, FAILED = 3, 1, 2, 3, 5
BIGINT, DOUBLE_TYPE, TEXT = 4, 6, 7

lock = threading.Lock()
sessions, operations = set(), {}
counts = {"cancels": 0, "sessions": 0, "statements": 0}


class Fault:
    """One for all connections that begin while it is the newest."""

    def __init__(self, kind, at):
        self.kind, self.left = kind, int(at)


newest = [Fault("none", 0)]


class HangUp(Exception):
    pass


# --- Thrift ---------------------------------------------------------------------------------------------------------


def value(kind, data):
    if kind in NUMBERS:
        return struct.pack(NUMBERS[kind], data)
    if kind == STRING:
        data = data if isinstance(data, bytes) else data.encode()
        return struct.pack(">i", len(data)) + data
    if kind == STRUCT:
        return data
    inner, items = data
    return struct.pack(">bi", inner, len(items)) + b"".join(value(inner, item) for item in items)


def field(number, kind, data):
    return struct.pack(">bh", kind, number) + value(kind, data)


def record(*fields):
    return b"".join(fields) + b"\0"


class Reader:
    def __init__(self, read):
        self.read = read

    def number(self, kind):
        form = NUMBERS[kind]
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def value(self, kind):
        if kind in NUMBERS:
            return self.number(kind)
        if kind == STRING:
            return self.read(self.number(I32))
        if kind == STRUCT:
            fields = {}
            while (inner := self.number(I8)) != 0:
                number = self.number(I16)
                fields[number] = self.value(inner)
            return fields
        if kind == MAP:
            key, inner = self.number(I8), self.number(I8)
            return {self.value(key): self.value(inner) for _ in range(self.number(I32))}
        inner = self.number(I8)
        return [self.value(inner) for _ in range(self.number(I32))]

    def call(self):
        self.number(I32)
        name, sequence = self.value(STRING).decode(), self.number(I32)
        return name, sequence, self.value(STRUCT)[1]


# --- answers ---------------------------------------------------------------------------------------------------------


def status(code=0, state="", words=""):
    more = [field(3, STRING, state), field(4, I32, 17), field(5, STRING, words)] if code else []
    return field(1, STRUCT, record(field(1, I32, code), *more))


def handle(number):
    return record(field(1, STRING, struct.pack(">QQ", number, 0)), field(2, STRING, b"s" * 16))


def number_of(of):
    return struct.unpack(">QQ", of[1][1])[0]


# wire: the member of TColumn, and the type of its values
WIRE = {0: (1, BOOL), 1: (2, I8), 2: (3, I16), 3: (4, I32), 4: (5, I64), 5: (6, DOUBLE), 6: (6, DOUBLE), 9: (8, STRING)}


def column(kind, cells):
    member, inner = WIRE.get(kind, (7, STRING))
    nulls = bytearray((len(cells) + 7) // 8)
    for at, cell in enumerate(cells):
        nulls[at // 8] |= (cell is None) << at % 8
    empty = "" if inner == STRING else 0
    filled = [empty if cell is None else cell for cell in cells]
    return record(field(member, STRUCT, record(field(1, LIST, (inner, filled)), field(2, STRING, bytes(nulls)))))


def fetched(columns, *, code=0, words=""):
    rows = record(field(1, I64, 0), field(2, LIST, (STRUCT, [])), field(3, LIST, (STRUCT, columns)))
    return record(status(code, "58000" if code else "", words), field(2, BOOL, 0), field(3, STRUCT, rows))


TYPES = [
    ("boolean", 0, True), ("tinyint", 1, -128), ("smallint", 2, -32768), ("int", 3, -2147483648),
    ("bigint", 4, -9223372036854775808), ("float", 5, 0.10000000149011612), ("double", 6, 0.1),
    ("string", 7, 'say "hi" \u0645\0.'), ("timestamp", 8, "2026-11-23 07:00:00.123"), ("binary", 9, b"a\xff"),
    ("array", 10, '[1,null]'), ("map", 11, '{"k":2}'), ("struct", 12, '{"a":"x"y"}'), ("decimal", 15, "-0.050"),
    ("void", 16, ""), ("date", 17, "2026-11-23"), ("varchar", 18, "v"), ("char", 19, "c "),
    ("interval", 20, "1-2"), ("local", 22, "2026-11-23 07:00:00.0 UTC"), ("unknown", 99, "?"),
]


class Operation:
    def __init__(self, statement):
        words = statement.split()
        self.statement, self.state, self.sent = statement, FINISHED, 0
        self.columns, self.total = [], 0
        if statement == "sleep":
            self.state = RUNNING
        elif statement == "fail later":
            self.state = FAILED
        elif statement == "types":
            self.columns, self.total = [(name, kind) for name, kind, _ in TYPES], 2
        elif words[0] in ("rows", "break"):
            self.columns, self.total = [("n", BIGINT), ("text", TEXT), ("half", DOUBLE_TYPE)], int(words[1])
        elif words[0] == "count":
            self.columns, self.total = [("n", BIGINT)], 1
        elif statement in MALFORMED:
            self.columns, self.total = [("n", BIGINT), ("text", TEXT)], 1

    def batch(self, most):
        first, self.sent = self.sent, min(self.total, self.sent + most)
        rows = range(first, self.sent)
        if self.statement == "types":
            return [column(kind, [cell, None][first:self.sent]) for _, kind, cell in TYPES]
        if self.statement.startswith("count"):
            return [column(BIGINT, [counts[self.statement.split()[1]] for _ in rows])]
        return [column(BIGINT, list(rows)), column(TEXT, [f"row {row}" for row in rows]),
                column(DOUBLE_TYPE, [row / 2 for row in rows])]

    def fetch(self, most):
        if self.statement in MALFORMED:
            return MALFORMED[self.statement]()
        if self.statement.startswith("break") and self.sent == self.total:
            return fetched([], code=ERROR, words="it broke")
        return fetched(self.batch(most))


def raw_text(length):
    nulls = field(2, STRING, b"\0")
    bad = record(struct.pack(">bhbi", LIST, 1, STRING, 1) + struct.pack(">i", length))
    return fetched([column(BIGINT, [1]), record(field(7, STRUCT, bad + nulls))])


def many_items():
    return fetched([column(BIGINT, [1]), record(field(7, STRUCT, struct.pack(">bhbi", LIST, 1, STRING, 0x7fffffff)))])


def strange_type():
    return record(status(), struct.pack(">bhbi", LIST, 77, 5, 3))


MALFORMED = {
    "long text": lambda: raw_text(0x7fffffff),
    "negative text": lambda: raw_text(-7),
    "many items": many_items,
    "deep": lambda: record(status(), struct.pack(">bh", STRUCT, 77) * 100000),
    "strange type": strange_type,
    "short column": lambda: fetched([column(BIGINT, [1, 2]), column(TEXT, ["a"])]),
    "no columns": lambda: fetched([column(BIGINT, [1])]),
    "nothing": lambda: b"\0",
    "other call": lambda: fetched([]),
}


def open_session(_request):
    with lock:
        counts["sessions"] += 1
        number = counts["sessions"]
        sessions.add(number)
    return record(status(), field(2, I32, 9), field(3, STRUCT, record(field(1, STRUCT, handle(number)))))


def execute(request):
    statement = request[2].decode()
    with lock:
        counts["statements"] += 1
        if number_of(request[1]) not in sessions:
            return record(status(ERROR, "HY000", "Invalid SessionHandle: SessionHandle [x]"))
        if statement == "forget":
            sessions.clear()
        if statement.startswith("next "):
            newest[0] = Fault(*statement.split()[1:])
        if statement == "fail":
            return record(status(ERROR, "42P01", "no such table\n\tat org.example.Stack"))
        operation = Operation(statement)
        number = len(operations) + 1
        operations[number] = operation
    described = record(field(1, STRUCT, handle(number)), field(2, I32, 0),
                       field(3, BOOL, bool(operation.columns)))
    return record(status(), field(2, STRUCT, described))


def look(request):
    operation = operations[number_of(request[1])]
    more = [field(3, STRING, "42P01"), field(5, STRING, "no table later")] if operation.state == FAILED else []
    return record(status(), field(2, I32, operation.state), *more)


def metadata(request):
    columns = []
    for at, (name, kind) in enumerate(operations[number_of(request[1])].columns, 1):
        entry = record(field(1, STRUCT, record(field(1, I32, kind))))
        described = record(field(1, LIST, (STRUCT, [entry])))
        columns.append(record(field(1, STRING, name), field(2, STRUCT, described), field(3, I32, at)))
    return record(status(), field(2, STRUCT, record(field(1, LIST, (STRUCT, columns)))))


def cancel(request):
    with lock:
        counts["cancels"] += 1
        operations[number_of(request[1])].state = CANCELED
    return record(status())


def info(request):
    text = {17: "Spark SQL", 18: "3.5.7"}[request[2]]
    return record(status(), field(2, STRUCT, record(field(1, STRING, text))))


def fetch(request):
    return operations[number_of(request[1])].fetch(request[3])


CALLS = {
    "OpenSession": open_session, "GetInfo": info, "ExecuteStatement": execute, "GetOperationStatus": look,
    "GetResultSetMetadata": metadata, "FetchResults": fetch, "CancelOperation": cancel,
    "CloseOperation": lambda _request: record(status()), "CloseSession": lambda _request: record(status()),
}


def answer(read):
    """The bytes that answer the call, and whether the connection ends behind them."""
    name, sequence, request = Reader(read).call()
    statement = request.get(2, b"") if name == "ExecuteStatement" else b""
    if statement == b"silent":
        threading.Event().wait()
    if statement == b"hang up":
        raise HangUp
    result = CALLS[name](request)
    if name == "FetchResults" and operations[number_of(request[1])].statement == "other call":
        name = "Other"
    head = struct.pack(">i", -0x7ffefffe) + value(STRING, name) + struct.pack(">i", sequence)
    body = result if result == b"\0" else field(0, STRUCT, result) + b"\0"
    return head + body, statement == b"leave"


# --- connections -------------------------------------------------------------------------------------------------------


class Connection:
    def __init__(self, peer):
        self.peer, self.file, self.fault = peer, peer.makefile("rb"), newest[0]

    def read(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise HangUp
        return data

    def send(self, data):
        at = self.fault.left
        self.fault.left -= len(data)
        hit = 0 <= at < len(data)
        if self.fault.kind == "cut" and hit:
            self.peer.sendall(data[:at])
            raise HangUp
        if self.fault.kind == "flip" and hit:
            self.peer.sendall(data[:at] + bytes([data[at] ^ 0xff]) + data[at + 1:])
            raise HangUp
        self.peer.sendall(data)


def let_in(user, password):
    return user != b"nobody" and (user != b"bird" or password == b"seed")


def serve_plain(connection):
    last = False
    while not last:
        data, last = answer(connection.read)
        connection.send(data)


def serve_sasl(connection):
    step = lambda: (connection.read(1), connection.read(struct.unpack(">i", connection.read(4))[0]))
    step()
    _, user, password = step()[1].split(b"\0")
    if not let_in(user, password):
        connection.send(b"\3" + value(STRING, "Error validating the login"))
        return
    connection.send(b"\5" + value(STRING, ""))
    last = False
    while not last:
        frame = connection.read(struct.unpack(">i", connection.read(4))[0])
        at = 0

        def read(size):
            nonlocal at
            at += size
            return frame[at - size:at]

        data, last = answer(read)
        connection.send(value(STRING, data))


def serve_http(connection):
    last = False
    while not last:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.read(1)
        lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        coded = next(line.split("Basic ")[1] for line in lines if line.startswith("Authorization: "))
        path = lines[0].split()[1]
        body, done = connection.read(int(headers["content-length"])), 0

        def read(size):
            nonlocal done
            done += size
            return body[done - size:done]

        state, data = "200 OK", b""
        if path != "/cliservice":
            state = "404 Not Found"
        elif not let_in(*base64.b64decode(coded).split(b":", 1)):
            state = "401 Unauthorized"
        else:
            data, last = answer(read)
        connection.send(f"HTTP/1.1 {state}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)


def serve(peer, how):
    connection = Connection(peer)
    try:
        how(connection)
    except (HangUp, OSError):
        pass
    finally:
        # The file object holds the socket too.
        connection.file.close()
        peer.close()


def listen(how):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept():
        while True:
            peer, _ = listener.accept()
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(peer, how), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    print(*(listen(how) for how in (serve_plain, serve_sasl, serve_http)), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
