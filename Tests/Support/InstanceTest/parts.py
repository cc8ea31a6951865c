"""Discovery, restarts, making the backend again, and instances of other kinds."""
import json
import os
import shutil
from pathlib import Path

from .common import (BACKEND, DATABASE, FIXTURES, NETWORK, PORT, PREFIX, REDIS, STACK, docker, inspect, require, run)
from .in_place import drop_kept, ensure_backup, is_other, other_contents


def api(instance):
    result = run(STACK / "check-api", f"http://127.0.0.1:{PORT}", FIXTURES / "infisical-2024-10",
                 FIXTURES / "http-examples.json", check=False)
    require(result.returncode == 0, f"the stand-in: {result.stdout[-2000:]}")
    for line in result.stdout.strip().splitlines():
        print(f"  {line}")
    # The version of the secret that the examples wrote.
    instance.sql("""UPDATE secrets_v2 SET version = 1 WHERE key = 'HOST' AND version > 1""")


def discovery(instance):
    shown = {line["key"]: line for line in instance.json("config", "show")["values"]}
    require(shown["instance.env_file"]["value"] == str(instance.stack / ".env"), "the env file was not found")
    require("compose project" in shown["instance.env_file"]["origin"], "where the env file came from is not told")
    require("address in the network" in shown["database in force"]["origin"], "where the address came from is not told")
    require(shown["database password"]["value"] == "••••", "the password is not masked")
    instance.ops("init", "--no-configuration", "--yes")
    before = instance.ops("backup", "--dry-run").stdout
    require(str(instance.stack / "docker-compose.yml") in before, f"the compose file is not kept:\n{before}")
    # The database's container has a pg_dump that leaves a trace.
    wrapper = "#!/bin/sh\\ntouch /tmp/dumped\\nexec /usr/lib/postgresql/15/bin/pg_dump \"$@\"\\n"
    docker("exec", DATABASE, "sh", "-c",
           f"printf '{wrapper}' >/usr/local/bin/pg_dump && chmod 755 /usr/local/bin/pg_dump")
    backup = instance.json("backup")
    require(backup["exit"] == 0 and backup["warnings"] == [], f"backup: {backup}")
    docker("exec", DATABASE, "rm", "/tmp/dumped", "/usr/local/bin/pg_dump")
    manifests = list((instance.folder / "repository" / "backups").glob("*.json"))
    manifest = json.loads(manifests[-1].read_text())
    require([c["role"] for c in manifest["containers"]] == ["database", "redis", "backend"], "containers in manifest")
    require(manifest["containers"][2]["imageID"] == inspect(BACKEND)["Image"], "the image's id")
    require(sorted(manifest["escrow"]["names"]) == [".env", "docker-compose.yml"], manifest["escrow"]["names"])
    instance.ops("verify", "--all", "--level", "readable")
    # An env file that was edited while the container runs on: told everywhere, and both keys are kept.
    instance.edit(INFISICAL_ENCRYPTION_KEY="0123456789abcdef0123456789abcdef")
    health = instance.json("health")
    require([f["code"] for f in health["findings"]] == ["health.edited-key"], f"findings: {health['findings']}")
    require("old key" in health["findings"][0]["hints"][0], f"hints: {health['findings']}")
    edited = instance.json("backup")
    require(any("still runs on the old key" in w for w in edited["warnings"]), f"backup: {edited['warnings']}")
    require("still runs on the old key" in instance.ops("status").stderr, "status does not tell of the edited key")
    instance.ops("restore", "latest", "--files", instance.folder / "kept", "--yes")
    kept = (instance.folder / "kept" / f"{BACKEND}.env").read_text()
    require("ENCRYPTION_KEY='9f2c47d1e0b86a35c7f41d9280ae53b6'" in kept, "the running key is not kept")
    instance.heal()
    # Secrets in logs.
    docker("exec", BACKEND, "sh", "-c", "echo 'uri postgresql://u:hunter22@h/ key 9f2c47d1e0b86a35c7f41d9280ae53b6' "
           ">/proc/1/fd/1")
    logs = instance.ops("logs", "--tail", "50").stdout
    require("uri postgresql://u:••••@h/ key ••••" in logs, f"logs: {logs[-500:]}")
    require("9f2c47d1" not in logs and "hunter22" not in logs, "a secret in the logs")
    times = [line.split()[0] for line in logs.splitlines()]
    require(times == sorted(times) and {"database", "redis", "backend"} <= {line.split()[1] for line in
            logs.splitlines()}, "the logs are not in the order of time")
    require(json.loads(instance.ops("logs", "--json", "--tail", "1").stdout.splitlines()[0])["schema"]
            == "infisical-ops/logs/1", "logs --json")
    # What the engine cannot do.
    gone = instance.json("health", exit=15, DOCKER_HOST="unix:///nowhere.sock")
    require(gone["code"] == "docker.engine-not-running", f"no engine: {gone}")
    shown = instance.ops("config", "show", DOCKER_HOST="unix:///nowhere.sock")
    require("could not be inspected: no container engine answers" in shown.stdout, f"no engine: {shown.stdout[-300:]}")
    named = instance.ops("backup", exit=None, DOCKER_HOST="unix:///nowhere.sock",
                         INFISICAL_OPS_INSTANCE_CONTAINERS_BACKEND=BACKEND)
    require("no container engine answers" in named.stderr, f"no engine for a backup: {named.stderr}")
    renamed = instance.json("health", INFISICAL_OPS_INSTANCE_CONTAINERS_BACKEND="elsewhere")
    require(renamed["steps"][2]["container"] == BACKEND, f"a container of another name: {renamed}")
    (instance.stack / "docker-compose.yml").rename(instance.stack / "moved.yml")
    moved = instance.ops("restart", "--recreate", "--yes", exit=3)
    require("docker-compose.yml" in moved.stderr and "are missing" in moved.stderr, f"moved files: {moved.stderr}")
    require("gone" in instance.ops("backup", exit=None).stderr, "a backup without compose file says nothing")
    (instance.stack / "moved.yml").rename(instance.stack / "docker-compose.yml")


def restart(instance, count=2):
    wrong = 0
    for _ in range(count):
        answer = instance.json("restart", "--yes", exit=None)
        wrong += not (answer.get("health", {}).get("healthy") and instance.json("health", exit=None)["healthy"])
    require(wrong == 0, f"{wrong} of {count} restarts gave a wrong answer")
    for service in ("backend", "redis", "db"):
        instance.ops("restart", "--service", service, "--yes")
    print(f"  {count} restarts, 0 wrong answers")


def recreate(instance):
    before = inspect(BACKEND)
    others = [inspect(DATABASE)["Id"], inspect(REDIS)["Id"]]
    secret = "bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldy1zZWNyZXQ="
    instance.edit(INFISICAL_AUTH_SECRET=secret)
    plan = instance.ops("restart", "--recreate", "--dry-run").stdout
    require("AUTH_SECRET" in plan and secret not in plan, f"plan: {plan}")
    # The tag means another image by now: the container keeps its own, and nothing is pulled.
    docker("tag", "infisical-ops-test/redis", "infisical-ops-test/backend:latest")
    try:
        instance.ops("restart", "--recreate", "--yes")
    finally:
        docker("tag", before["Image"], "infisical-ops-test/backend:latest")
    after = inspect(BACKEND)
    require(after["Image"] == before["Image"] and after["Id"] != before["Id"], "another image, or the same container")
    require(f"AUTH_SECRET={secret}" in after["Config"]["Env"], "the new value is not there")
    require(others == [inspect(DATABASE)["Id"], inspect(REDIS)["Id"]], "other services were touched")
    require(instance.json("restart", "--recreate", "--dry-run")["steps"], "a second recreation is not possible")
    # More than values: refused.
    compose = instance.stack / "docker-compose.yml"
    text = compose.read_text()
    compose.write_text(text.replace(':8080"', ':8081"'))
    refused = instance.ops("restart", "--recreate", "--yes", exit=3)
    require("published ports" in refused.stderr, f"drift: {refused.stderr}")
    compose.write_text(text + "\n  - [")
    refused = instance.ops("restart", "--recreate", "--yes", exit=None)
    require(refused.returncode in (1, 3) and inspect(BACKEND)["Id"] == after["Id"], "a broken compose file")
    compose.write_text(text)
    # A key that opens nothing: refused while the backend still works.
    instance.edit(INFISICAL_ENCRYPTION_KEY="0123456789abcdef0123456789abcdef")
    failed = instance.ops("restart", "--recreate", "--yes", exit=12)
    require("would not start again" in failed.stderr and inspect(BACKEND)["Id"] == after["Id"],
            f"wrong key: {failed.stdout}{failed.stderr}")
    # One that runs on it already: the file has the right one by now, and a new container takes it.
    instance.recreate(INFISICAL_ENCRYPTION_KEY="0123456789abcdef0123456789abcdef")
    (instance.stack / ".env").write_text(instance.env_text)
    failed = instance.ops("restart", "--service", "backend", "--yes", exit=12)
    require("restart --recreate --service backend" in failed.stderr, f"wrong running key: {failed.stderr}")
    instance.ops("restart", "--recreate", "--service", "backend", "--yes")
    instance.heal()
    # A container that Compose did not make.
    docker("rm", "-f", BACKEND)
    environment = [word for line in before["Config"]["Env"] for word in ("--env", line)]
    docker("run", "-d", "--name", BACKEND, "--network", NETWORK, "-p", f"127.0.0.1:{PORT}:8080", *environment,
           "infisical-ops-test/backend")
    instance.ops("health", "--wait", "30s")
    instance.ops("restart", "--service", "backend", "--yes")
    refused = instance.ops("restart", "--recreate", "--yes", exit=3)
    require("not created by Compose" in refused.stderr, f"plain container: {refused.stderr}")
    docker("rm", "-f", BACKEND)
    instance.heal()


def without_containers(instance):
    ensure_backup(instance)
    address = inspect(DATABASE)["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    redis = inspect(REDIS)["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    env = instance.folder / "plain.env"
    env.write_text(instance.env_text.replace("INFISICAL_POSTGRES_HOST=infisical-db", f"INFISICAL_POSTGRES_HOST={address}")
                   + f"INFISICAL_REDIS_URL=redis://{redis}:6379\n")
    configuration = instance.folder / "without.yaml"
    docker_words = f"[{shutil.which('docker')}, --host, \"{os.environ['DOCKER_HOST']}\""
    configuration.write_text(
        f"instance:\n  env_file: {env}\n  containers: none\n  url: http://127.0.0.1:{PORT}\n  commands:\n"
        f"    stop: {docker_words}, stop, {BACKEND}]\n    start: {docker_words}, start, {BACKEND}]\n")
    more = ("--config", configuration)
    health = instance.json("health", *more)
    require(all("container" not in step for step in health["steps"]) and health["healthy"], f"health: {health}")
    instance.ops("restart", "--yes", *more)
    other_contents(instance)
    instance.ops("restore", "--in-place", "--yes", *more)
    require(instance.truth()[0], "the truth after a restore without containers")
    instance.ops("restore", "--in-place", "--undo", "--yes", *more)
    require(is_other(instance), "the undo without containers")
    instance.ops("restore", "--in-place", "--undo", "--yes", *more)
    require("instance.no-containers" == instance.json("logs", *more, exit=3)["code"], "logs without containers")
    configuration.write_text(f"instance:\n  env_file: {env}\n  containers: none\n")
    health = instance.json("health", *more, exit=2)
    require("failing" not in health and not health["healthy"] and health["steps"][2]["condition"] == "not checked",
            f"health: {health}")
    require("instance.no-command" == instance.json("restart", "--yes", *more, exit=3)["code"], "no command")
    drop_kept(instance)


def inside(instance):
    """The program itself in a container of the same network, with the engine's socket."""
    socket = os.environ["DOCKER_HOST"].removeprefix("unix://")
    toolchain = Path(os.path.realpath(shutil.which("swift"))).parent.parent.parent
    answer = docker(
        "run", "--rm", "--network", NETWORK, "-v", f"{socket}:/var/run/docker.sock",
        "-v", f"{shutil.which('docker')}:/usr/local/bin/docker:ro", "-v", f"{toolchain}:{toolchain}:ro",
        "-v", f"{instance.program()}:/usr/local/bin/infisical-ops:ro", "-v", f"{instance.stack}:{instance.stack}:ro",
        "--entrypoint", "infisical-ops", "infisical-ops-test/backend", "health", "--json", "--wait", "60s",
        check=False)
    health = json.loads(answer)
    require(health["healthy"], f"inside: {health}")
    require(f":{PORT}" not in str(health["steps"][2]["details"]), "the published port was used from inside")


def upstream(instance):
    """The containers of Infisical's own compose file: other names, plain variables, another era."""
    run(STACK / "stack", "down", instance.stack, check=False)
    folder, environment = instance.folder / "upstream", dict(instance.environment)
    try:
        run(STACK / "stack", "up", folder, FIXTURES / "infisical-2024-07", PREFIX, PORT, STACK / "compose-upstream.yml")
        docker("rename", f"{PREFIX}-dev-redis", "infisical-dev-redis", check=False)
        # The backups of the other instance are none of this one's business.
        instance.environment["INFISICAL_OPS_REPOSITORY"] = str(instance.folder / "upstream-repository")
        health = instance.json("health", "--wait", "60s")
        require([step["container"] for step in health["steps"]] == [DATABASE, "infisical-dev-redis", BACKEND],
                f"upstream: {health['steps']}")
        shown = {line["key"]: line for line in instance.json("config", "show")["values"]}
        require(shown["instance.env_file"]["value"] == str(folder / ".env"), "upstream: the env file")
        require("infisical@" in shown["database in force"]["value"], "upstream: the user")
        instance.ops("init", "--no-configuration", "--yes")
        backup = instance.json("backup")
        require(backup["exit"] == 0 and backup["backup"]["keyOpens"], f"upstream: {backup}")
        instance.ops("restore", "--in-place", "--yes")
        result = run(STACK / "check-api", f"http://127.0.0.1:{PORT}", FIXTURES / "infisical-2024-07", check=False)
        require(result.returncode == 0, f"upstream: {result.stdout[-800:]}")
    finally:
        run(STACK / "stack", "down", folder, check=False)
        instance.environment = environment
        instance.renew()
