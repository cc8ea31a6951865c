"""One stack, with the program beside it."""
import json
import os
import re
import shutil
import time
from pathlib import Path

from .common import (BACKEND, BUILT, DATABASE, FIXTURES, NAME, NETWORK, NUMBER, PORT, PREFIX, REDIS, STACK, Failed,
                     docker, inspect, run)
from .contract import hold_to_contract

PROGRAM, VICTIM = "infisical-ops", "ops-victim"


class Instance:
    """One stack, and the program with nothing configured but where it keeps its own things."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.fixture = "infisical-2024-10"
        self.stack = self.folder / NAME
        # Copies, so that a build beside the test does not change what it runs.
        for name in (PROGRAM, VICTIM):
            shutil.copy2(BUILT / name, self.program(name))
        self.environment = {
            **{name: os.environ[name] for name in ("DOCKER_HOST", "DOCKER_CONFIG", "LLVM_PROFILE_FILE") if name in os.environ},
            # As cron has it: each folder of a longer path is another effect for each program.
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "INFISICAL_OPS_STATE_FOLDER": str(self.folder / "state"),
            "INFISICAL_OPS_REPOSITORY": str(self.folder / "repository"),
        }
        if NUMBER > 1:
            self.environment |= {"INFISICAL_OPS_INSTANCE_CONTAINERS_" + role: name for role, name in (
                ("BACKEND", BACKEND), ("DATABASE", DATABASE), ("REDIS", REDIS))}

    def program(self, name=PROGRAM):
        return self.folder / name

    def up(self):
        # What a run that was stopped left.
        for name in (DATABASE, REDIS, BACKEND):
            docker("rm", "-f", name, check=False)
        docker("volume", "rm", f"{NAME}_infisical-db-data", check=False)
        docker("network", "rm", NETWORK, check=False)
        # A disk of its own for the database, which can be filled without filling anything else.
        disk = self.stack / "disk"
        disk.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", disk)
        compose = self.folder / "compose.yml"
        compose.write_text(
            (STACK / "compose.yml").read_text()
            + f"    driver_opts: {{ type: none, o: bind, device: {disk} }}\n")
        run(STACK / "stack", "up", self.stack, FIXTURES / self.fixture, PREFIX, PORT, compose)
        self.env_text = (self.stack / ".env").read_text()
        self.ops("health", "--wait", "60s")

    def down(self):
        run(STACK / "stack", "down", self.stack, check=False)
        run("umount", self.stack / "disk", check=False)

    def renew(self, fixture=None):
        """The fixture's instance again, or that of another one with the same keys and truth, with a repository and state of
        its own, whatever became of this one."""
        self.down()
        self.fixture = fixture or self.fixture
        for folder in (self.stack, self.folder / "state", self.folder / "repository"):
            shutil.rmtree(folder, ignore_errors=True)
        self.up()

    def ops(self, *words, exit=0, program=PROGRAM, **more):
        result = run(self.program(program), *words, check=False, env={**self.environment, **more}, cwd=self.folder)
        if exit is not None and result.returncode != exit:
            raise Failed(f"infisical-ops {' '.join(map(str, words))} ended with {result.returncode}, not {exit}:\n"
                         f"{result.stdout[-1500:]}{result.stderr[-1500:]}")
        return result

    def json(self, *words, exit=0, **more):
        result = self.ops(*words, "--json", exit=exit, **more)
        hold_to_contract(result)
        return json.loads(result.stdout.splitlines()[-1]) if result.stdout.strip() else json.loads(result.stderr)

    def sql(self, statement, database="postgres"):
        return docker("exec", DATABASE, "psql", "-h", "127.0.0.1", "-U", "postgres", "-d", database, "-v",
                      "ON_ERROR_STOP=1", "-Atc", statement)

    # The env file

    def edit(self, **values):
        text = self.env_text
        for name, value in values.items():
            text = re.sub(rf"(?m)^{name}=.*\n", "", text) + f"{name}={value}\n"
        (self.stack / ".env").write_text(text)

    @property
    def is_version2(self):
        return run("docker", "compose", "version", check=False).returncode == 0

    def compose(self, *words, check=True):
        return run(*(["docker", "compose"] if self.is_version2 else ["docker-compose"]), *words, cwd=self.stack,
                   check=check, env={name: os.environ[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG", "HOME")
                                     if name in os.environ})

    def recreate(self, **values):
        """The backend with other values, as an operator would do it."""
        self.edit(**values)
        self.compose("up", "-d", "--no-deps", "--force-recreate", "infisical-backend")

    def heal(self):
        """Back to the healthy stack, whatever was done."""
        changed = (self.stack / ".env").read_text() != self.env_text
        (self.stack / ".env").write_text(self.env_text)
        for name in (DATABASE, REDIS, BACKEND):
            docker("unpause", name, check=False)
            found = run("docker", "inspect", name, check=False).stdout
            if found.strip() != "[]" and NETWORK not in json.loads(found)[0]["NetworkSettings"]["Networks"]:
                docker("network", "connect", NETWORK, name)
        for name in (DATABASE, REDIS):
            docker("start", name, check=False)
        if changed:
            docker("rm", "-f", BACKEND, check=False)
        for attempt in range(20):
            # Until the own checks of the others have passed, Compose starts nothing that depends on them.
            if self.compose("up", "-d", check=attempt == 19).returncode == 0:
                break
            time.sleep(1)
        docker("start", BACKEND, check=False)
        self.ops("health", "--wait", "90s")

    def running(self, name):
        """A variable of the backend's container."""
        return next(line.partition("=")[2] for line in inspect(BACKEND)["Config"]["Env"] if line.startswith(name + "="))

    def truth(self):
        """Asked with the secret for tokens that the backend has by now."""
        known = self.folder / "truth"
        known.mkdir(exist_ok=True)
        for name in ("truth.json", "accounts.json"):
            shutil.copy2(FIXTURES / "infisical-2024-10" / name, known)
        (known / "instance.env").write_text(f"INFISICAL_AUTH_SECRET={self.running('AUTH_SECRET')}\n")
        result = run(STACK / "check-api", f"http://127.0.0.1:{PORT}", known, check=False)
        return result.returncode == 0, result.stdout.strip().splitlines()[-1:]
