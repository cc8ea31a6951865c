"""The root key: which row of kms_root_config opens it, and what a start of the newest servers writes. Section 4 of the format
specification, whose numbers the comments name."""
import os
import threading
import time
from datetime import datetime, timezone

import psycopg2

from keys import SENTINEL, SNAPSHOT, DoesNotOpen, label, open_blob, seal_blob, snapshot_text
from logs import fail, log

# 4.5: what makes, promotes or collects root keys holds it.
LOCK = 2025
RETENTION_DAYS = 7
STAGED_DAYS = 30


class Root:
    """Opens it when the process starts; `key` is None on S1, which has none."""

    def __init__(self, database, keys, environment):
        self.database = database
        self.keys = keys
        self.environment = environment
        self.has_strategy = database.has("kms_root_config", "encryptionStrategy")
        self.has_roles = database.has("kms_root_config", "activatedAt")
        self.key = self._resolved() if database.has("kms_root_config") else None
        self.snapshot = None
        if self.has_roles:
            # 4.2, step 6.
            self.snapshot = self._snapshot()
            self._ensure_history()

    # 4.2, steps 1 to 5

    def _resolved(self):
        if self.keys.kek is None:
            if self.database.has("audit_log_streams", "encryptedCredentials"):
                fail("Root KMS encryption strategy is set to software. Please set the ENCRYPTION_KEY environment variable "
                     "and restart your deployment.\nYou can enable HSM encryption in the Server Console.",
                     type="BadRequestError", name="BadRequest")
            fail("Root encryption key not found for KMS service.", type="Error")
        rows = self._rows()
        if rows:
            log(30, "KMS: Encrypted ROOT Key found from DB. Decrypting.")
        if len(self.keys.kek) != 32:
            fail("Invalid key length", type="RangeError", code="ERR_CRYPTO_INVALID_KEYLEN")
        if not rows:
            with self._locked() as cursor:
                # Another instance may have been first.
                cursor.execute("SELECT 1 FROM kms_root_config")
                if cursor.fetchone() is None:
                    self._create(cursor)
            rows = self._rows()
        sentinel = [row for row in rows if str(row["id"]) == SENTINEL]
        if not self.has_roles:
            return self._opened_sentinel(sentinel)
        # 4.1. A row that was superseded without ever having been activated is tried as either.
        others = [row for row in rows if str(row["id"]) != SENTINEL]
        staged = [row for row in others if row["activatedAt"] is None]
        retained = [row for row in others if row["supersededAt"] is not None]
        for role, candidates in (("sentinel", sentinel), ("staged", staged), ("retained", retained)):
            for row in candidates:
                self._check_strategy(row)
                try:
                    root = open_blob(self.keys.kek, row["encryptedRootKey"])
                except DoesNotOpen:
                    continue
                self._use(row, role)
                return root
        known = self.database.query(
            'SELECT "kekLabel" AS l FROM kms_kek_history ORDER BY "activatedAt" DESC LIMIT 5')
        fail(f"The given key (label {label(self.keys.kek)}) does not decrypt this database's root key; known labels: "
             + ", ".join(row["l"] for row in known), type="Error")

    def _rows(self):
        return self.database.query(
            "SELECT * FROM kms_root_config" + (' ORDER BY "createdAt", id' if self.has_strategy else ""))

    def _check_strategy(self, row):
        if not self.has_strategy:
            return
        if row["encryptionStrategy"] is None:
            fail("Invalid root key encryption strategy: null", type="Error")
        if row["encryptionStrategy"] != "SOFTWARE":
            # There is no device here, so such a row fails, and ends the start at once.
            fail("The root key is in an HSM, and no HSM is configured", type="Error")

    def _opened_sentinel(self, sentinel):
        try:
            self._check_strategy(sentinel[0])
            return open_blob(self.keys.kek, sentinel[0]["encryptedRootKey"])
        except (DoesNotOpen, IndexError):
            fail("Unsupported state or unable to authenticate data", type="Error")

    def _create(self, cursor):
        blob = seal_blob(self.keys.kek, os.urandom(32), os.urandom)
        if self.has_roles:
            cursor.execute('INSERT INTO kms_root_config (id, "encryptedRootKey", "activatedAt") VALUES (%s, %s, now())',
                           (SENTINEL, blob))
        else:
            cursor.execute('INSERT INTO kms_root_config (id, "encryptedRootKey") VALUES (%s, %s)', (SENTINEL, blob))

    def _use(self, row, role):
        """What is written because a row was opened: steps 3 and 4."""
        if role == "staged":
            self._promote(row)
            return
        if row["kekLabel"] is None:
            self.database.query('UPDATE kms_root_config SET "kekLabel" = %s WHERE id = %s', label(self.keys.kek),
                                row["id"])
        if role == "retained":
            self.database.query('UPDATE kms_root_config SET "lastResolvedAt" = now() WHERE id = %s', row["id"])
            log(40, "KMS: ROOT Key was opened with a retained key")

    def _promote(self, staged):
        """Step 3, letter by letter."""
        own = label(self.keys.kek)
        with self._locked() as cursor:
            # (a) Whoever was first has done all of it.
            cursor.execute('SELECT "encryptedRootKey", "encryptionStrategy", "kekLabel" FROM kms_root_config WHERE id = %s '
                           'AND "activatedAt" IS NULL', (staged["id"],))
            found = cursor.fetchone()
            if found is None:
                return
            # (b)
            cursor.execute(
                'INSERT INTO kms_root_config (id, "encryptedRootKey", "encryptionStrategy", "kekLabel", "activatedAt", '
                '"supersededAt") SELECT gen_random_uuid(), "encryptedRootKey", "encryptionStrategy", "kekLabel", '
                'COALESCE("activatedAt", "createdAt"), now() FROM kms_root_config WHERE id = %s RETURNING id', (SENTINEL,))
            retained = cursor.fetchone()
            # (c)
            cursor.execute(
                'UPDATE kms_root_config SET "encryptedRootKey" = %s, "encryptionStrategy" = %s, "kekLabel" = %s, '
                '"activatedAt" = now(), "supersededAt" = NULL WHERE id = %s', (found[0], found[1], found[2] or own, SENTINEL))
            # (d)
            cursor.execute('DELETE FROM kms_root_config WHERE id <> %s AND "activatedAt" IS NULL', (SENTINEL,))
            # (e)
            cursor.execute(
                'UPDATE kms_kek_history SET "supersededAt" = now() WHERE id = (SELECT id FROM kms_kek_history '
                'WHERE "supersededAt" IS NULL ORDER BY "activatedAt" DESC LIMIT 1)')
            cursor.execute('INSERT INTO kms_kek_history (id, "kekLabel", "activatedAt") VALUES (gen_random_uuid(), %s, now())',
                           (found[2] or own,))
            # (f)
            cursor.execute('SELECT id, "kekLabel" FROM kms_root_config WHERE id <> %s AND "supersededAt" IS NOT NULL '
                           'AND id IS DISTINCT FROM %s', (SENTINEL, retained and retained[0]))
            for id, old in cursor.fetchall():
                self._retire(cursor, id, old)
        log(30, f"KMS: the staged key {own} was activated")

    # Step 6

    def _snapshot(self):
        """The keys of the legacy tier (4.4), as they were at the first start of an S8, or as somebody wrote them anew. Held in
        memory: a row that changes later is seen by the next start."""
        if not self.keys.is_empty:
            with self._locked() as cursor:
                cursor.execute('INSERT INTO kms_legacy_encryption_keys (id, "encryptedKeySnapshot") VALUES (%s, %s) '
                               'ON CONFLICT (id) DO NOTHING',
                               (SNAPSHOT, seal_blob(self.key, snapshot_text(self.keys).encode(), os.urandom)))
        row = self.database.first(
            'SELECT "encryptedKeySnapshot" AS blob FROM kms_legacy_encryption_keys WHERE id = %s', SNAPSHOT)
        if row is None:
            return None
        try:
            return open_blob(self.key, row["blob"]).decode()
        except DoesNotOpen:
            fail("Unsupported state or unable to authenticate data", type="Error")

    def _ensure_history(self):
        with self._locked() as cursor:
            cursor.execute('SELECT 1 FROM kms_kek_history WHERE "supersededAt" IS NULL')
            if cursor.fetchone() is None:
                # The active key's, which is not the given one where a retained row was opened.
                cursor.execute(
                    'INSERT INTO kms_kek_history (id, "kekLabel", "activatedAt") SELECT gen_random_uuid(), "kekLabel", '
                    'COALESCE("activatedAt", "createdAt") FROM kms_root_config WHERE id = %s AND "kekLabel" IS NOT NULL',
                    (SENTINEL,))

    # 4.3, garbage collection

    def collect(self):
        """What the weekly job does: staged rows that nobody started with, and a retained row that nobody needs."""
        if not self.has_roles:
            return
        days = int(self.environment.get("KMS_ROOT_KEY_RETENTION_DAYS") or RETENTION_DAYS)
        with self._locked() as cursor:
            cursor.execute('DELETE FROM kms_root_config WHERE id <> %s AND "activatedAt" IS NULL AND "createdAt" < now() - '
                           'make_interval(days => %s)', (SENTINEL, STAGED_DAYS))
            cursor.execute('SELECT id, "kekLabel" FROM kms_root_config WHERE id <> %s AND "supersededAt" < now() - '
                           'make_interval(days => %s) AND COALESCE("lastResolvedAt", "supersededAt") < now() - '
                           'make_interval(days => %s)', (SENTINEL, days, days))
            for id, old in cursor.fetchall():
                self._retire(cursor, id, old)

    def run_weekly(self):
        """Sundays at 03:00 UTC, for as long as the process lives."""
        def wait():
            while True:
                now = datetime.now(timezone.utc)
                seconds = ((6 - now.weekday()) * 24 + 3 - now.hour) * 3600 - now.minute * 60 - now.second
                time.sleep(seconds if seconds > 0 else seconds + 7 * 24 * 3600)
                try:
                    self.collect()
                except psycopg2.Error as error:
                    log(50, str(error))
        threading.Thread(target=wait, daemon=True).start()

    # Parts

    def _retire(self, cursor, id, old):
        """A retained row goes; its own entry in the history is the last one of that label that is not in use."""
        cursor.execute("DELETE FROM kms_root_config WHERE id = %s", (id,))
        cursor.execute(
            'UPDATE kms_kek_history SET "retiredAt" = now() WHERE id = (SELECT id FROM kms_kek_history WHERE "kekLabel" = %s '
            'AND "supersededAt" IS NOT NULL AND "retiredAt" IS NULL ORDER BY "activatedAt" DESC LIMIT 1)', (old,))

    def _locked(self):
        # Before S5 it is a lock in Redis; there only one instance may run.
        return self.database.transaction(LOCK if self.has_strategy else None)
