"""Whether the judge sees what must not be: without that, a campaign in which nothing is stranded says nothing."""
from .common import Stranded, require
from .judge import judge
from .site import DATABASE


def eyes(case, point, number):
    site, sql = case.site, lambda statement: case.site.bench.sql(statement, DATABASE)
    judge(case, None)
    wrongs = {
        "a byte more in the env file": lambda: site.env_file.write_bytes(case.old_env + b"\n"),
        "the other key in the env file alone": lambda: site.env_file.write_bytes(case.new_env),
        "a closed database": lambda: site.bench.sql(f'ALTER DATABASE "{DATABASE}" WITH ALLOW_CONNECTIONS false'),
        "a data key that does not open": lambda: sql(
            'UPDATE projects SET "kmsSecretManagerEncryptedDataKey" = set_byte("kmsSecretManagerEncryptedDataKey", 20, '
            'get_byte("kmsSecretManagerEncryptedDataKey", 20) # 1)'),
        "a secret that is gone": lambda: sql("DELETE FROM secrets_v2 WHERE id = (SELECT min(id::text)::uuid FROM secrets_v2)"),
        "a backend that has ended": lambda: site.stop_backend("kill"),
        "a key in the state folder": lambda: (site.place / "state" / "note").write_bytes(
            b"x" + next(iter(case.changes.values()))[0].encode()),
        "keys in the repository": lambda: keep_a_key(site),
        "a root key under the old key": lambda: old_root(case, sql),
    }
    for name, do in wrongs.items():
        site.renew()
        do()
        try:
            judge(case, None)
        except Stranded as problem:
            print(f"  seen: {name}: {str(problem)[:100]!r}", flush=True)
        else:
            require(False, f"the judge does not see {name}")
    return "seen"


def keep_a_key(site):
    folder = site.place / "repository" / "rotations"
    folder.mkdir(exist_ok=True)
    (folder / "20260101T000000Z-00000000.age").write_text("")


def old_root(case, sql):
    """As if the commit had been lost after everything else was done."""
    old = sql('SELECT encode("encryptedRootKey", \'hex\') FROM kms_root_config')
    case.site.ops(*case.words, exit=None)
    # The table's own trigger would fail.
    sql(f'SET session_replication_role = replica; UPDATE kms_root_config SET "encryptedRootKey" = decode(\'{old}\', \'hex\')')
