"""PostgreSQL and Redis, as far as the stand-in needs them."""
import socket
import threading
from contextlib import closing, contextmanager
from urllib.parse import unquote, urlparse

import psycopg2
import psycopg2.extras


class Database:
    """One session, made again when it was lost."""

    def __init__(self, environment):
        self.uri = environment.get("DB_CONNECTION_URI")
        self.parts = {
            "host": environment.get("DB_HOST"), "port": environment.get("DB_PORT"),
            "user": environment.get("DB_USER"), "password": environment.get("DB_PASSWORD"),
            "dbname": environment.get("DB_NAME"),
        }
        self.lock = threading.RLock()
        self.connection = None
        self._columns = None

    def connect(self):
        self.connection = self._session()
        self.connection.autocommit = True

    def _session(self):
        # The driver of Infisical gives no name, either.
        options = {"connect_timeout": 5}
        if self.uri:
            return psycopg2.connect(self.uri, **options)
        return psycopg2.connect(**{k: v for k, v in self.parts.items() if v}, **options)

    def query(self, sql, *arguments):
        with self.lock:
            for attempt in (1, 2):
                try:
                    if self.connection is None or self.connection.closed:
                        self.connect()
                    with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                        cursor.execute(sql, arguments)
                        return cursor.fetchall() if cursor.description else []
                except (psycopg2.OperationalError, psycopg2.InterfaceError):
                    self.connection = None
                    if attempt == 2:
                        raise

    @contextmanager
    def transaction(self, lock=None):
        """A cursor in a transaction of its own session, under an advisory lock."""
        with closing(self._session()) as session, session, session.cursor() as cursor:
            if lock is not None:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            yield cursor

    def first(self, sql, *arguments):
        rows = self.query(sql, *arguments)
        return rows[0] if rows else None

    def one(self, sql, *arguments):
        row = self.first(sql, *arguments)
        if row is None:
            raise LookupError("no row")
        return row

    def has(self, table, column=None):
        """By the catalog, as the format specification decides eras."""
        if self._columns is None:
            self._columns = {
                (row["t"], row["c"])
                for row in self.query("SELECT table_name AS t, column_name AS c FROM information_schema.columns "
                                      "WHERE table_schema = 'public'")
            }
        return any(t == table and (column is None or c == column) for t, c in self._columns)


class Redis:
    """A session for each command: slow, and always right after an outage."""

    def __init__(self, url):
        parts = urlparse(url)
        self.host = parts.hostname
        self.port = parts.port or 6379
        self.password = unquote(parts.password) if parts.password else None
        self.user = unquote(parts.username) if parts.username else None
        self.number = parts.path.strip("/") or "0"

    def command(self, *words, timeout=None):
        with socket.create_connection((self.host, self.port), timeout=timeout or 5) as connection:
            connection.settimeout(timeout)
            stream = connection.makefile("rb")
            if self.password:
                self._send(connection, stream, *(["AUTH"] + ([self.user] if self.user else []) + [self.password]))
            if self.number != "0":
                self._send(connection, stream, "SELECT", self.number)
            return self._send(connection, stream, *words)

    @staticmethod
    def _send(connection, stream, *words):
        encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
        line = stream.readline().rstrip(b"\r\n")
        if line[:1] == b"-":
            raise ConnectionError(line[1:].decode())
        if line[:1] == b"$":
            length = int(line[1:])
            return None if length == -1 else stream.read(length + 2)[:-2]
        if not line:
            raise ConnectionError("closed")
        return line[1:].decode()
