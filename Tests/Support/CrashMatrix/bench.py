"""A database server and a Redis of the test's own."""
import os
import shlex
import subprocess
from pathlib import Path

from .common import SUPPORT, free_port, run, wait_until


class Bench:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.port, self.redis_port = free_port(), free_port()
        self.server = self.folder / "server"
        self.redis = None

    def up(self):
        # The server runs as another account where this is root's.
        self.folder.chmod(0o755)
        self.bash("server_start", self.server)
        # Where a start after a crash finds them, too.
        with (self.server / "data" / "postgresql.conf").open("a") as file:
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{self.server}'\n"
                       "max_locks_per_transaction = 512\nautovacuum = off\n")
        self.bash("server_stop")
        self.control("start")
        self.start_redis()

    def down(self):
        if self.is_server_there():
            self.control("-m", "immediate", "stop")
        self.stop_redis()

    # PostgreSQL

    def bash(self, *words):
        run("bash", "-euc", f". {SUPPORT}/postgres.bash; server_folder={shlex.quote(str(self.server))}; "
            + shlex.join(map(str, words)))

    def control_words(self, *words):
        program = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        words = [program, "-D", self.server / "data", "-l", self.server / "log", "-w", "-s", "-t", "120", *words]
        if os.getuid() == 0:
            words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *words]
        return words

    def control(self, *words):
        # It hands its standard streams on to the server.
        subprocess.run(self.control_words(*words), check=True, cwd="/", timeout=120, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_server_there(self):
        return subprocess.run(self.control_words("status"), cwd="/", capture_output=True).returncode == 0

    def sql(self, statement, database="template1"):
        return run("psql", "-X", "-h", self.server, "-p", self.port, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1",
                   "-qAtc", statement).stdout.strip()

    # Redis

    def redis_cli(self, *words):
        return run("redis-cli", "-p", self.redis_port, *words, check=False).stdout.strip()

    def is_redis_there(self):
        return self.redis_cli("ping") == "PONG"

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_until(self.is_redis_there, 30, "Redis")

    def stop_redis(self):
        if self.redis:
            self.redis.kill()
            self.redis.wait()
            self.redis = None
