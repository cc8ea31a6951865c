"""What happens between the start of the process and the first request; every way to fail prints what a real server
prints, and ends as it ends."""
import errno
import os
import re
import socket
import sys
import time

import psycopg2

from keys import SENTINEL, DoesNotOpen, EnvironmentKeys, Hierarchy, label, open_blob, seal_blob
from stores import Database, Redis

LEVELS = {30: "INFO", 40: "WARN", 50: "ERROR"}


def log(level, message, **more):
    import json
    record = {"level": level, "time": int(time.time() * 1000), "hostname": socket.gethostname(),
              "severity": LEVELS[level], **more, "msg": message}
    print(json.dumps(record, separators=(",", ":"), ensure_ascii=False), flush=True)


def fail(message, code=1, **error):
    log(50, message, err={**error, "message": message})
    sys.exit(code)


def check_environment(environment):
    for name in ("AUTH_SECRET", "REDIS_URL"):
        if not (environment.get(name) or "").strip():
            log(50, "Invalid environment variables. Check the error below")
            import json
            record = {"level": 50, "time": int(time.time() * 1000), "hostname": socket.gethostname(),
                      "0": {"code": "invalid_type", "expected": "string", "received": "undefined", "path": [name],
                            "message": "Required"}, "severity": "ERROR"}
            print(json.dumps(record, separators=(",", ":")), flush=True)
            sys.exit(255)


def connect_database(environment):
    database = Database(environment)
    try:
        database.connect()
    except psycopg2.OperationalError as error:
        text = str(error)
        target = re.search(r'at "([^"]*)"(?: \(([^)]*)\))?, port (\d+)', text)
        if "could not translate host name" in text:
            host = re.search(r'host name "([^"]*)"', text).group(1)
            fail(f"getaddrinfo ENOTFOUND {host}", type="Error", errno=-3008, code="ENOTFOUND",
                 syscall="getaddrinfo", hostname=host)
        if "does not exist" in text and "database" in text:
            name = re.search(r'database "([^"]*)"', text).group(1)
            fail(f'database "{name}" does not exist', type="DatabaseError", name="error", severity="FATAL",
                 code="3D000", file="postinit.c", routine="InitPostgres")
        if "password authentication failed" in text:
            user = re.search(r'user "([^"]*)"', text).group(1)
            fail(f'password authentication failed for user "{user}"', type="DatabaseError", name="error",
                 severity="FATAL", code="28P01", file="auth.c", routine="auth_failed")
        address, port = (target.group(2) or target.group(1), target.group(3)) if target else ("?", "?")
        word = "ETIMEDOUT" if "timeout" in text or "timed out" in text else "ECONNREFUSED"
        fail(f"connect {word} {address}:{port}", type="Error", errno=-111, code=word, syscall="connect",
             address=address, port=int(port) if port.isdigit() else port)
    return database


def check_schema(database, environment):
    """Migrations are not imitated, only what keeps them from running; `STANDIN_PENDING` says that there are some. With
    none to run a held lock is not even looked at, as on the real server."""
    if not database.has("super_admin"):
        fail('select "super_admin".* from "super_admin" where "super_admin"."id" = $1 limit $2 - relation '
             '"super_admin" does not exist', type="DatabaseError", name="error", severity="ERROR", code="42P01")
    if environment.get("STANDIN_PENDING") and database.has("infisical_migrations_lock"):
        log(30, "Running application migrations.")
        row = database.first("SELECT max(is_locked) AS locked FROM infisical_migrations_lock")
        if row and row["locked"]:
            log(50, "Boot up migration failed", err={
                "type": "LockError", "message": "Migration table is already locked", "name": "MigrationLocked"})
            sys.exit(1)


def wait_for_redis(redis):
    deadline = time.monotonic() + 15
    while True:
        try:
            redis.command("PING", timeout=2)
            return
        except OSError:
            print(f"[ioredis] Unhandled error event: Error: connect ECONNREFUSED {redis.host}:{redis.port}",
                  file=sys.stderr, flush=True)
            if time.monotonic() > deadline:
                for _ in range(3):
                    print(f"Error: connect ECONNREFUSED {redis.host}:{redis.port}\n  errno: -111,\n"
                          "  code: 'ECONNREFUSED',\n  syscall: 'connect',\n"
                          f"  address: '{redis.host}',\n  port: {redis.port}\n}}", file=sys.stderr, flush=True)
                fail("Plugin did not start in time: 'registerRoutes'. You may have forgotten to call 'done' function "
                     "or to resolve a Promise", type="AvvioError", code="AVV_ERR_READY_TIMEOUT", name="AvvioError")
            time.sleep(1)


def open_root(database, keys):
    """Sections 4 and 4.2. None on S1, which has no root key."""
    if not database.has("kms_root_config"):
        return None
    is_new = database.has("kms_root_config", "activatedAt")
    if keys.kek is None:
        fail("Root encryption key not found for KMS service.", type="Error")
    rows = database.query("SELECT * FROM kms_root_config")
    if not rows:
        root = os.urandom(32)
        database.query('INSERT INTO kms_root_config (id, "encryptedRootKey") VALUES (%s, %s)', SENTINEL,
                       seal_blob(keys.kek, root, os.urandom))
        return root
    log(30, "KMS: Encrypted ROOT Key found from DB. Decrypting.")
    if len(keys.kek) != 32:
        fail("Invalid key length", type="RangeError", code="ERR_CRYPTO_INVALID_KEYLEN")
    sentinel = [row for row in rows if str(row["id"]) == SENTINEL]
    if not is_new:
        try:
            return open_blob(keys.kek, sentinel[0]["encryptedRootKey"])
        except (DoesNotOpen, IndexError):
            fail("Unsupported state or unable to authenticate data", type="Error")
    others = [row for row in rows if str(row["id"]) != SENTINEL]
    staged = [row for row in others if row["activatedAt"] is None]
    retained = [row for row in others if row["supersededAt"] is not None]
    for row in sentinel + staged + retained:
        try:
            root = open_blob(keys.kek, row["encryptedRootKey"])
        except DoesNotOpen:
            continue
        if row in staged:
            promote(database, row, keys)
        elif row in retained:
            database.query('UPDATE kms_root_config SET "lastResolvedAt" = now() WHERE id = %s', row["id"])
            log(40, "KMS: ROOT Key was opened with a retained key")
        elif row["kekLabel"] is None:
            database.query('UPDATE kms_root_config SET "kekLabel" = %s WHERE id = %s', label(keys.kek), row["id"])
        return root
    known = database.query('SELECT "kekLabel" AS l FROM kms_kek_history ORDER BY "activatedAt" DESC LIMIT 5')
    fail(f"The given key (label {label(keys.kek)}) does not decrypt this database's root key; known labels: "
         + ", ".join(row["l"] for row in known), type="Error")


def promote(database, staged, keys):
    """Section 4.2, step 3, in one transaction."""
    with database.lock:
        database.connection.autocommit = False
        try:
            cursor = database.connection.cursor()
            cursor.execute("SELECT pg_advisory_xact_lock(2025)")
            cursor.execute('SELECT 1 FROM kms_root_config WHERE id = %s AND "activatedAt" IS NULL', (staged["id"],))
            if cursor.fetchone():
                cursor.execute('DELETE FROM kms_root_config WHERE "supersededAt" IS NOT NULL AND id <> %s RETURNING '
                               '"kekLabel"', (SENTINEL,))
                for (old,) in cursor.fetchall():
                    cursor.execute('UPDATE kms_kek_history SET "retiredAt" = now() WHERE "kekLabel" = %s', (old,))
                cursor.execute(
                    'INSERT INTO kms_root_config (id, "encryptedRootKey", "encryptionStrategy", "kekLabel", '
                    '"activatedAt", "supersededAt") SELECT gen_random_uuid(), "encryptedRootKey", '
                    '"encryptionStrategy", "kekLabel", COALESCE("activatedAt", "createdAt"), now() '
                    'FROM kms_root_config WHERE id = %s', (SENTINEL,))
                cursor.execute(
                    'UPDATE kms_root_config SET "encryptedRootKey" = %s, "encryptionStrategy" = %s, "kekLabel" = %s, '
                    '"activatedAt" = now(), "supersededAt" = NULL WHERE id = %s',
                    (staged["encryptedRootKey"], staged["encryptionStrategy"], label(keys.kek), SENTINEL))
                cursor.execute('DELETE FROM kms_root_config WHERE id <> %s AND "activatedAt" IS NULL', (SENTINEL,))
                cursor.execute('UPDATE kms_kek_history SET "supersededAt" = now() WHERE "supersededAt" IS NULL')
                cursor.execute('INSERT INTO kms_kek_history (id, "kekLabel", "activatedAt") VALUES '
                               '(gen_random_uuid(), %s, now())', (label(keys.kek),))
            database.connection.commit()
        finally:
            database.connection.autocommit = True


def boot(environment):
    check_environment(environment)
    database = connect_database(environment)
    check_schema(database, environment)
    redis = Redis(environment["REDIS_URL"])
    keys = EnvironmentKeys(environment)
    wait_for_redis(redis)
    root = open_root(database, keys)
    print("Checking configurations...\nTesting smtp connection\nSMTP - Failed to connect to undefined:587\n"
          "Testing Postgres connection\nPostgreSQL - Connected successfully\nTesting redis connection\n"
          "Redis successfully connected", flush=True)
    log(30, "KMS: Loading ROOT Key into Memory.")
    log(50, "connect ECONNREFUSED 127.0.0.1:587", err={
        "type": "Error", "message": "connect ECONNREFUSED 127.0.0.1:587", "errno": -errno.ECONNREFUSED,
        "code": "ESOCKET", "syscall": "connect", "address": "127.0.0.1", "port": 587, "command": "CONN"})
    return database, redis, Hierarchy(database, keys, root)
