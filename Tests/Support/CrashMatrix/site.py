"""One instance without containers, which can be made anew for each run."""
import json
import os
import re
import secrets
import shutil
from pathlib import Path

from .common import FIXTURES, HERE, ROOT, SUPPORT, Failed, free_port, require, run, wait_until

BUILT = Path(os.environ.get("CRASH_MATRIX_PROGRAMS", ROOT / ".build" / "debug"))
PROGRAM, VICTIM = "infisical-ops", "ops-victim"
DATABASE = "infisical"
# By name: a fixture, or the era and the keys of a database that is made by the description of the format.
FIXTURE = {"s3": "infisical-2024-07", "s4": "infisical-2024-10", "s7": "infisical-2026-07", "s8": "infisical-s8"}
MADE = {"s1": (1, "one"), "both": (6, "both")}
OWN = "infisical-ops-"


class Site:
    """The instance of one fixture; `base` is how it is before each run."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.template = f"template_{name}"
        self.base, self.folder = bench.folder / f"{name}-base", bench.folder / name
        self.port = free_port()
        self.runs = 0
        for folder in (self.base, self.folder / "programs"):
            folder.mkdir(parents=True)
        # Copies, so that a build beside the test does not change what it runs.
        for program in (PROGRAM, VICTIM):
            shutil.copy2(BUILT / program, self.folder / "programs" / program)
        self.environment = {
            **{name: os.environ[name] for name in ("LLVM_PROFILE_FILE",) if name in os.environ},
            "PATH": "/usr/bin:/bin", "HOME": str(self.place), "TMPDIR": str(self.place / "tmp"), "LC_ALL": "C.UTF-8",
            "INFISICAL_OPS_CONFIG": str(self.place / "infisical-ops.yaml"),
            "INFISICAL_OPS_STATE_FOLDER": str(self.place / "state"),
            "INFISICAL_OPS_REPOSITORY": str(self.place / "repository"),
            "INFISICAL_OPS_IDENTITY_FILE": str(self.folder / "identity.age"),
        }
        self.prepare()

    @property
    def place(self):
        """What is made anew for each run."""
        return self.folder / "place"

    @property
    def env_file(self):
        return self.place / ".env"

    # Before the runs

    def prepare(self):
        self.bench.sql(f'CREATE DATABASE "{self.template}"')
        env = self.folder / "made.env"
        if self.name in FIXTURE:
            fixture = FIXTURES / FIXTURE[self.name]
            run("pg_restore", "--no-owner", "--exit-on-error", "-h", self.bench.server, "-p", self.bench.port, "-U", "postgres",
                "-d", self.template, fixture / "database.dump")
            text = (fixture / "instance.env").read_text()
        else:
            self.bench.sql(f'DROP DATABASE "{self.template}"')
            era, keys = MADE[self.name]
            run(SUPPORT / "rekeying" / "make-database", self.bench.server, self.bench.port, self.template, era, keys, env)
            # What the status page shows.
            self.bench.sql('ALTER TABLE super_admin ADD COLUMN IF NOT EXISTS "allowSignUp" boolean DEFAULT true', self.template)
            text = env.read_text() + f"AUTH_SECRET={secrets.token_hex(16)}\n"
        self.bench.sql(f'ALTER DATABASE "{self.template}" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true')
        uri = f"postgres://postgres:none@127.0.0.1:{self.bench.port}/{DATABASE}"
        text = re.sub(r"(?m)^(INFISICAL_POSTGRES|POSTGRES|DB|REDIS)_.*\n", "", text)
        text += f"# where they are\nDB_CONNECTION_URI={uri}\nREDIS_URL=redis://127.0.0.1:{self.bench.redis_port}\n"
        (self.base / ".env").write_text(text)
        service = [str(HERE / "service")]
        (self.base / "infisical-ops.yaml").write_text(json.dumps({
            "instance": {"env_file": ".env", "containers": "none", "url": f"http://127.0.0.1:{self.port}",
                         "commands": {"stop": [*service, "stop", str(self.place)],
                                      "start": [*service, "start", str(self.place)]}},
            "backup": {"jobs": 1}}))
        (self.base / "service.json").write_text(json.dumps({"port": self.port, "uri": uri}))
        (self.base / "tmp").mkdir()
        self.renew()
        _, made = self.json("init", "--no-configuration", "--yes", exit=0)
        self.environment["INFISICAL_OPS_SIGNER"] = made["signer"]
        self.ops("backup")
        for part in ("repository", "state"):
            shutil.copytree(self.place / part, self.base / part, symlinks=True)

    # For each run

    def renew(self):
        """The instance as it was before the first run."""
        self.stop_backend("kill")
        if self.bench.sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
            self.bench.sql(f'DROP DATABASE "{DATABASE}" WITH (FORCE)')
        self.bench.sql(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{self.template}"')
        self.bench.redis_cli("flushall")
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.base, self.place, symlinks=True)
        self.output = []
        self.start_backend()
        self.runs += 1

    def start_backend(self):
        run(HERE / "service", "start", self.place)
        wait_until(self.answers, 60, "the backend")

    def stop_backend(self, how="stop"):
        if self.place.exists():
            run(HERE / "service", how, self.place)

    def answers(self):
        return run("curl", "-fsS", "-m", "5", f"http://127.0.0.1:{self.port}/api/status", check=False).returncode == 0

    def ops(self, *words, exit=0, program=PROGRAM, **more):
        result = run(self.folder / "programs" / program, *words, check=False, env={**self.environment, **more},
                     cwd=self.place / "tmp")
        self.output.append((words, more, result))
        if exit is not None:
            require(result.returncode == exit, f"infisical-ops {' '.join(map(str, words))} ended with {result.returncode}, "
                    f"not {exit}:\n{result.stdout[-1500:]}{result.stderr[-1500:]}")
        return result

    def json(self, *words, exit=None, **more):
        result = self.ops(*words, "--json", exit=exit, **more)
        try:
            return result.returncode, json.loads(result.stdout.strip() and result.stdout.splitlines()[-1] or result.stderr)
        except ValueError:
            raise Failed(f"{words}: no JSON: {result.returncode} {result.stdout[-500:]}{result.stderr[-500:]}") from None
