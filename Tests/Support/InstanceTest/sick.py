"""Sick states, made for real: each is told apart, with its cause and a hint."""
import time

from .common import BACKEND, DATABASE, NETWORK, PORT, REDIS, Failed, docker, inspect, require, run, wait_until


# What is done, then the part that fails, its condition, and words that the answer must have.

def states(instance):
    key = "0123456789abcdef0123456789abcdef"
    sql = instance.sql

    def full_disk():
        # Less than the whole: a full one would keep the server from answering at all.
        docker("exec", DATABASE, "sh", "-c", "dd if=/dev/zero of=$PGDATA/filler bs=1M 2>/dev/null; true")

    def empty_disk():
        docker("exec", DATABASE, "sh", "-c", "rm -f $PGDATA/filler", check=False)

    def out_of_memory():
        instance.recreate(STANDIN_MEMORY="900")
        docker("update", "--memory", "150m", "--memory-swap", "150m", BACKEND)
        wait_until(lambda: inspect(BACKEND)["State"]["OOMKilled"] or inspect(BACKEND)["RestartCount"] > 0, 40)

    def looping(**values):
        def make():
            instance.recreate(**values)
            wait_until(lambda: inspect(BACKEND)["RestartCount"] > 0, 40)
        return make

    def recreated(**values):
        return lambda: instance.recreate(**values)

    def answering(**values):
        def make():
            instance.recreate(**values)
            wait_until(lambda: run("curl", "-sS", "-m", "2", f"http://127.0.0.1:{PORT}/api/other", check=False)
                       .returncode == 0, 40)
        return make

    def locked_migrations():
        sql("UPDATE infisical_migrations_lock SET is_locked = 1")
        instance.recreate(STANDIN_PENDING="1")
        wait_until(lambda: inspect(BACKEND)["RestartCount"] > 0, 40)

    def renamed_database():
        docker("stop", "-t", "2", BACKEND)
        sql("ALTER DATABASE postgres RENAME TO elsewhere", "template1")

    def empty_database():
        renamed_database()
        sql("CREATE DATABASE postgres", "template1")

    def real_database():
        sql("DROP DATABASE postgres", "template1")
        sql("ALTER DATABASE elsewhere RENAME TO postgres", "template1")

    def reload(change):
        sql("ALTER SYSTEM " + change)
        sql("SELECT pg_reload_conf()")
        time.sleep(1)

    def other_root_key():
        sql("CREATE TABLE kept_root AS SELECT * FROM kms_root_config")
        sql("DELETE FROM kms_root_config")
        sql("""INSERT INTO kms_root_config SELECT id, set_byte("encryptedRootKey", 20,
               255 - get_byte("encryptedRootKey", 20)) FROM kept_root""")

    def real_root_key():
        sql("DELETE FROM kms_root_config; INSERT INTO kms_root_config SELECT * FROM kept_root; DROP TABLE kept_root")

    nothing = lambda: None
    return [
        # name, how, back, part, condition, words
        ("database stopped", lambda: docker("stop", "-t", "5", DATABASE), nothing, "database", "stopped", "ended"),
        ("database killed", lambda: docker("kill", DATABASE), nothing, "database", "stopped", "137"),
        ("database paused", lambda: docker("pause", DATABASE), nothing, "database", "paused", "paused"),
        ("database removed", lambda: docker("rm", "-f", DATABASE), nothing, "database", "missing", DATABASE),
        ("database off the network", lambda: docker("network", "disconnect", NETWORK, DATABASE), nothing,
         "database", "unreachable", "attached to no network"),
        ("database with another password", lambda: sql("ALTER ROLE postgres PASSWORD 'other'"),
         lambda: sql("ALTER ROLE postgres PASSWORD 'EftUUhPWdjKNR7OKAzXo3zua'"), "database", "wrong password",
         "does not accept the password"),
        ("database on a full disk", full_disk, empty_disk, "database", "disk full", "full"),
        ("database renamed", renamed_database, lambda: sql("ALTER DATABASE elsewhere RENAME TO postgres", "template1"),
         "database", "unhealthy", "there is no database postgres"),
        ("database empty", empty_database, real_database, "database", "unhealthy", "no tables of Infisical"),
        ("database read-only", lambda: reload("SET default_transaction_read_only = on"),
         lambda: reload("RESET default_transaction_read_only"), "database", "unhealthy", "read-only"),
        ("database's host unknown", looping(INFISICAL_POSTGRES_HOST="no-such-host"), nothing, "database",
         "unreachable", "no-such-host"),
        ("redis stopped", lambda: docker("stop", "-t", "5", REDIS), nothing, "redis", "stopped", "ended"),
        ("redis paused", lambda: docker("pause", REDIS), nothing, "redis", "paused", "paused"),
        ("redis removed", lambda: docker("rm", "-f", REDIS), nothing, "redis", "missing", REDIS),
        ("redis with a password", lambda: docker("exec", REDIS, "redis-cli", "config", "set", "requirepass", "pw"),
         lambda: docker("restart", "-t", "2", REDIS), "redis", "wrong password", "REDIS_URL"),
        ("backend stopped", lambda: docker("stop", "-t", "5", BACKEND), nothing, "backend", "stopped", "ended"),
        ("backend paused", lambda: docker("pause", BACKEND), nothing, "backend", "paused", "paused"),
        ("backend removed", lambda: docker("rm", "-f", BACKEND), nothing, "backend", "missing", BACKEND),
        ("backend off the network", lambda: docker("network", "disconnect", NETWORK, BACKEND), nothing,
         "backend", "unhealthy", "network"),
        ("wrong key", looping(INFISICAL_ENCRYPTION_KEY=key), nothing, "backend", "wrong key",
         "does not open"),
        ("key of 64 digits", looping(INFISICAL_ENCRYPTION_KEY=key * 2), nothing, "backend", "wrong key",
         "not 32 characters"),
        ("no key", looping(INFISICAL_ENCRYPTION_KEY=""), nothing, "backend", "missing key", "no ENCRYPTION_KEY"),
        ("no auth secret", looping(INFISICAL_AUTH_SECRET=""), nothing, "backend", "crash loop", "no AUTH_SECRET"),
        ("migration lock", locked_migrations, lambda: sql("UPDATE infisical_migrations_lock SET is_locked = 0"),
         "backend", "crash loop", "migration lock"),
        ("root key of another instance", other_root_key, real_root_key, "backend", "wrong key", "cannot be opened"),
        ("out of memory", out_of_memory, nothing, "backend", "out of memory", "memory"),
        ("slow start", recreated(STANDIN_SLOW="60"), nothing, "backend", "starting", ""),
        ("status 500", answering(STANDIN_SICK="500"), nothing, "backend", "unhealthy", "answers 500"),
        ("status hangs", answering(STANDIN_SICK="hang"), nothing, "backend", "starting", "did not answer"),
        ("page at /api/health", answering(STANDIN_SICK="html-health"), nothing, "backend", "unhealthy",
         "/api/health answers 200 with a page"),
        ("pages everywhere", answering(STANDIN_SICK="html"), nothing, "backend", "unhealthy",
         "not with Infisical's JSON"),
    ]


def sick(instance):
    rows, wrong = states(instance), []
    for name, make, back, part, condition, words in rows:
        try:
            make()
            started = time.monotonic()
            answer = instance.json("health", exit=12 if condition in ("wrong key", "missing key") else 15)
            took = time.monotonic() - started
            step = next(step for step in answer["steps"] if step["condition"] != "healthy")
            text = "; ".join(step["details"])
            told = f"{step['part']} {step['condition']}: {text[:110]}"
            print(f"  {name:32} {took:4.1f} s  {told}")
            require(answer["failing"] == part and step["condition"] == condition and words in text,
                    f"{name}: {part} {condition} with \"{words}\" was expected, this came: {told}")
            require(step["hints"], f"{name}: no hint")
            after = answer["steps"][answer["steps"].index(step) + 1:]
            # Redis needs no database.
            require(all(s["condition"] == "not checked" or s["part"] == "redis" and s["condition"] == "healthy"
                        for s in after), f"{name}: something was said of {after}")
            require(took < 8, f"{name}: the answer took {took:.1f} s")
        except (Failed, StopIteration) as problem:
            wrong.append(f"{name}: {problem}")
            print(f"  WRONG: {wrong[-1]}", flush=True)
        finally:
            back()
            instance.heal()
    require(not wrong, f"{len(wrong)} of {len(rows)} sick states")
    # What does not keep it from working: nothing is to be migrated, so nobody looks at the lock.
    instance.sql("UPDATE infisical_migrations_lock SET is_locked = 1")
    docker("restart", "-t", "2", BACKEND)
    health = instance.json("health", "--wait", "60s")
    require([f["code"] for f in health["findings"]] == ["health.migration-lock"], f"findings: {health['findings']}")
    instance.sql("UPDATE infisical_migrations_lock SET is_locked = 0")
    instance.heal()
    instance.recreate(INFISICAL_HTTPS_ENABLED="true")
    health = instance.json("health", "--wait", "60s")
    require([f["code"] for f in health["findings"]] == ["health.site-url"], f"findings: {health['findings']}")
    instance.heal()
    print(f"  {len(rows)} sick states told apart")
