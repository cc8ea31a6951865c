"""Which databases are made, what is broken in them, and what a census must say."""

ABOVE = {"root", "kms", "org-data", "project-data"}
BYTES = {"iv": 0, "ciphertext": 12, "tag": -4, "mark": -1}


def in_hardware(database):
    """Everything that hangs on the root key is in a hardware security module."""
    database.sql('UPDATE kms_root_config SET "encryptionStrategy" = %s, "encryptedRootKey" = %s', "HSM", some(96))
    database.keys.pop("kms_root_config.encryptedRootKey")
    database.reasons["kms_root_config.encryptedRootKey"] = {"a hardware security module": 1}
    for name, kinds in list(database.keys.items()):
        count = sum(kinds.pop(kind) for kind in list(kinds) if kind in ABOVE)
        if count:
            database.reasons.setdefault(name, {})["a hardware security module"] = count
    return database


def odd(database):
    """S7 with what few instances have."""
    world(database)
    organization, org_key = database.first, database.first_key
    # An external KMS of a project: the provider's bytes, and all that is under them.
    away = "!the external KMS aws\x1b[2J has the key"
    project = database.project(organization, "external", 3)
    kms = database.row("kms_keys", orgId=organization, name="aws", isReserved=False)
    database.row("external_kms", bytes_of("encryptedProviderInputs", vblob(org_key, b"{}"), "org-data"), kmsKeyId=kms, provider="aws\x1b[2J")
    database.sql('UPDATE projects SET "kmsSecretManagerKeyId" = %s, "kmsSecretManagerEncryptedDataKey" = %s WHERE id = %s',
                 kms, some(184), project.id)
    database.keys["projects.kmsSecretManagerEncryptedDataKey"]["kms"] -= 1
    database.expect("projects.kmsSecretManagerEncryptedDataKey", away)
    database.rows["projects.kmsSecretManagerEncryptedDataKey"] -= 1
    project.secret(away, key=some(32))
    database.row("secret_versions_v2", json_of("metadata", [{"key": "a", "encryptedValue": b64(vblob(some(32), b"x"))}], away),
                 folderId=project.folder)
    # A KMS key of a user that was rotated twice, one of 16 bytes, and others that are no AES keys.
    rotated = database.project(organization, "rotated", 3)
    kms, material = database.kms_key(organization, rotated.id)
    first, second = database.earlier(kms), some(32)
    database.sql('UPDATE projects SET "kmsCertificateKeyId" = %s WHERE id = %s', kms, rotated.id)
    rotated.authority(sealed=vblob(first, b"x"))
    rotated.authority(sealed=vblob2(first, b"x", 1))
    rotated.authority(sealed=vblob2(material, b"", 2))
    short = database.project(organization, "short", 3)
    kms, material = database.kms_key(organization, short.id, some(16))
    database.sql('UPDATE projects SET "kmsCertificateKeyId" = %s WHERE id = %s', kms, short.id)
    short.authority(key=material)
    for size in (3300, 269):
        database.kms_key(organization, short.id, some(size))
    # Versions whose folder is gone, of a project that is there, and of one that is gone too.
    nowhere = uuid.UUID(bytes=some(16))
    for key, outcome in ((database.new.key, "project-data"), (some(32), "!what it belongs to was deleted")):
        database.row("secret_versions_v2", bytes_of("encryptedValue", vblob(key, b"x"), outcome), folderId=nowhere)
    # Partitions, of two levels.
    database.sql("""CREATE TABLE certificate_requests (id uuid, at date, "projectId" varchar(36), "encryptedPrivateKey" bytea)
        PARTITION BY RANGE (at);
        CREATE TABLE certificate_requests_1 PARTITION OF certificate_requests FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
        CREATE TABLE certificate_requests_2 PARTITION OF certificate_requests FOR VALUES FROM ('2026-07-01') TO ('2027-01-01')
            PARTITION BY RANGE (at);
        CREATE TABLE certificate_requests_2a PARTITION OF certificate_requests_2 DEFAULT""")
    for partition in ("1", "2a"):
        database.row(f"certificate_requests_{partition}", bytes_of(
            "encryptedPrivateKey", vblob(database.new.certificate, b"x"), "kms"), projectId=database.new.id,
            at="2026-02-01" if partition == "1" else "2026-08-01")
    # Tables and columns that nobody knows, whose ids are of all kinds; other schemas, views, texts that are no ciphertext.
    none = "!its row does not say whose key seals it, and of one owner the external KMS"
    nobody = "!no key opens it, and the column is none that is known"
    database.sql("""CREATE TABLE "odd ""name"";'$$" (id int PRIMARY KEY, "a ""b"" bytea" bytea DEFAULT '\\x',
            note text DEFAULT E'x''\\\\,\n    noise text,\n    "encryptedValue" text' CHECK (note <> '),('), noise bytea, "payloadCiphertext" text, "payloadIV" text,
            "payloadTag" text, "otherCipher" text, "otherIV" text, "otherTag" text);
        CREATE TABLE child (extra bytea) INHERITS ("odd ""name"";'$$"); CREATE TABLE without_id (sealed bytea); CREATE TABLE long_id (id text, sealed bytea);
        CREATE SCHEMA other; CREATE TABLE other.secrets_v2 AS TABLE secrets_v2;
        CREATE VIEW secrets_v4 AS SELECT * FROM secrets_v2; CREATE MATERIALIZED VIEW secrets_v5 AS TABLE secrets_v2""")
    odd_table = 'odd "name";\'$$'
    for number, key, outcome in ((200, database.new.key, "project-data"), (-1, some(32), none)):
        database.row(odd_table, bytes_of('a "b" bytea', vblob(key, b"x"), outcome), bytes_of("noise", some(40), none),
                     texts_of(stem("payload"), triple(key if number < 0 else database.projects[0].legacy, b"x", 16),
                              nobody if number < 0 else "legacy-project"),
                     texts_of(("otherCipher", "otherIV", "otherTag"), triple(some(32), b"x", 16), nobody), id=number)
    database.row("child", bytes_of("extra", vblob(org_key, b"x"), "org-data"), bytes_of("noise", vblob(org_key, b"x"), "org-data"), id=1)
    database.expect('child.a "b" bytea', "!it is empty")
    for column in ("payloadCiphertext", "otherCipher"):
        database.rows[f"child.{column}"] += 0
    database.row("without_id", bytes_of("sealed", blob(database.root, b"x"), "root"), id="none")
    database.row("without_id", bytes_of("sealed", b"", "!it is empty"), id="none")
    database.row("long_id", bytes_of("sealed", blob(CHARACTERS.encode(), b"x"), "ENCRYPTION_KEY"), id="é" * 5000)
    for table in ("certificate_requests", "certificate_requests_2"):
        database.rows[f"{table}.encryptedPrivateKey"] += 0
    return database


def upgraded(database):
    """S7 with projects on the way from one form to another, and such as only their members can read."""
    world(database)
    stale, users = "!left behind when its project was upgraded", "!only the passwords of its users"
    kept = database.project(database.first, "upgraded", 3)
    kept.bot()
    kept.legacy_secret(comment=True)
    kept.secret()
    lost = database.project(database.first, "upgraded without bot", 3)
    lost.legacy_secret(stale, key=some(32))
    lost.secret()
    # Whose it is, the row of an approval does not say.
    for name in ("secretKey", "secretValue"):
        database.row("secret_approval_requests_secrets", texts_of(stem(name), triple(some(32), b"x", 16), "!its row does not say"))
    closed = database.project(database.second, "end to end", 1)
    closed.legacy_secret(users, key=some(32))
    boxes = database.project(database.second, "end to end with members", 2)
    boxes.bot(is_active=False, has_key=False)
    key = some(16).hex().encode()
    sender, senders_pair = database.user()
    invited, invited_pair = database.user(server=some(32).hex().encode())
    member_pair = Pair()
    member, _ = database.user(member_pair, server=b64(member_pair.private).encode())
    for receiver, pair in ((sender, senders_pair), (invited, invited_pair), (member, member_pair)):
        box, nonce = senders_pair.box(key, pair)
        database.row("project_keys", projectId=boxes.id, encryptedKey=box, nonce=nonce, receiverId=receiver, senderId=sender)
    boxes.legacy_secret(key=key)
    return database


def split(database):
    """S5: a project whose sibling of another type shares its keys."""
    world(database)
    whole = database.project(database.first, "whole", 3)
    whole.bot()
    whole.legacy_secret()
    whole.secret()
    part = database.project(database.first, "whole-ab12", 3, shares=whole)
    database.sql('UPDATE projects SET type = %s, "kmsCertificateKeyId" = (SELECT "kmsCertificateKeyId" FROM projects WHERE id = %s)'
                 ' WHERE id = %s', "cert-manager", whole.id, part.id)
    database.sql('INSERT INTO project_bots SELECT gen_random_uuid(), %s, "isActive", "encryptedPrivateKey", iv, tag, algorithm,'
                 '"keyEncoding", "publicKey", "encryptedProjectKey", "encryptedProjectKeyNonce", "senderId" FROM project_bots'
                 ' WHERE id = %s', part.id, whole.bot_id)
    database.expect("project_bots.encryptedPrivateKey", "ENCRYPTION_KEY")
    part.authority(key=whole.certificate)
    return database


def residue(database):
    """S6 whose key was changed by somebody who left alone what the server no longer reads."""
    world(database)
    left, old = "!left behind by a move to the KMS", some(32)
    for table, columns in (("webhooks", ("encryptedSecretKey", "iv", "tag")), ("webhooks", ("urlCipherText", "urlIV", "urlTag")),
                           ("secret_rotations", stem("encryptedData", "")), ("dynamic_secrets", stem("input"))):
        made = triple(old, b"x", 16)
        pairs = ", ".join(f'"{column}" = %s' for column in columns)
        database.sql(f'UPDATE {table} SET {pairs} WHERE "{columns[0]}" IS NOT NULL', *made)
        database.reasons[f"{table}.{columns[0]}"] = {left[1:]: database.keys.pop(f"{table}.{columns[0]}")["ENCRYPTION_KEY"]}
    database.sql("DELETE FROM org_bots")
    for name in ("encryptedSymmetricKey", "encryptedPrivateKey"):
        del database.keys[f"org_bots.{name}"], database.rows[f"org_bots.{name}"]
        database.rows[f"org_bots.{name}"] = 0
    for name in ("encryptedEntryPoint", "encryptedIssuer", "encryptedCert"):
        database.reasons[f"saml_configs.{name}"] = {left[1:]: database.keys.pop(f"saml_configs.{name}")["org-bot"]}
    return database


def rotated_natively(name):
    """S8 after two rotations of its own: the legacy tier stays under the first keys, which only the snapshot has."""
    old, database = "0123456789abcdef0123456789abcdef", make(name, 8)
    world(database)
    database.sql("DELETE FROM kms_legacy_encryption_keys")
    database.rows["kms_legacy_encryption_keys.encryptedKeySnapshot"] = 0
    database.keys.pop("kms_legacy_encryption_keys.encryptedKeySnapshot")
    before = Environment(old, some(32))
    for table, columns, encoding in (
            ("org_bots", ("encryptedPrivateKey", "privateKeyIV", "privateKeyTag", "privateKeyKeyEncoding"), "utf8"),
            ("secret_blind_indexes", ("encryptedSaltCipherText", "saltIV", "saltTag", "keyEncoding"), "base64")):
        sealed, encoding, kind = before.triple(b"x", encoding)
        database.sql(f"UPDATE {table} SET " + ", ".join(f'"{column}" = %s' for column in columns), *sealed, encoding)
        found = database.keys[f"{table}.{columns[0]}"]
        found[kind] = found.pop("ENCRYPTION_KEY")
    # Relabelled: `current` has what is written with, `original` what it was before.
    database.snapshot({"current": {"ROOT_ENCRYPTION_KEY": b64(before.root), "ENCRYPTION_KEY": CHARACTERS}, "original": {"ENCRYPTION_KEY": old}})
    database.row("kms_root_config", bytes_of("encryptedRootKey", blob(some(32), database.root), "!it is a staged wrap"),
                 encryptionStrategy="SOFTWARE")
    database.row("kms_root_config", bytes_of("encryptedRootKey", blob(old.encode(), database.root), "ENCRYPTION_KEY"),
                 encryptionStrategy="SOFTWARE", supersededAt="2026-10-01")
    # The environment has a key that the legacy tier knows nothing of.
    new = Environment("ffeeddccbbaa99887766554433221100")
    database.sql('UPDATE kms_root_config SET "encryptedRootKey" = %s WHERE id = %s', blob(new.characters.encode(), database.root), ROOT_ROW)
    return database, new


def misplaced(database):
    world(database)
    other = database.project(database.first, "other", 3)
    other.secret("project-data*", key=database.new.key)
    return database


def flipped(database, name, where):
    """One bit of a value of the column changed; gives the id of the row, None where the column has no such part."""
    table, column = name.split(".", 1)
    is_bytes = database.sql("SELECT data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
                            " AND column_name = %s", table, column)[0][0] == "bytea"
    if is_bytes:
        key_class = set(database.keys[name])
        if where == "mark" and key_class <= {"root", "ENCRYPTION_KEY", "ROOT_ENCRYPTION_KEY"}:
            return None
        place = BYTES[where]
        size = 31 if key_class - {"root"} else 28
        found = database.sql(f'SELECT ctid::text, id::text, "{column}" FROM "{table}" WHERE length("{column}") > %s LIMIT 1', size)
        if not found:
            return None
        tuple_id, id, value = found[0]
        value = bytearray(value)
        value[place] ^= 1
        database.sql(f'UPDATE "{table}" SET "{column}" = %s WHERE ctid = %s::tid', bytes(value), tuple_id)
        return id
    if where == "mark":
        return None
    part = {"ciphertext": column, "iv": None, "tag": None}[where]
    if part is None:
        part = CENSUS_TRIPLES[name][0 if where == "iv" else 1]
    found = database.sql(f'SELECT ctid::text, id::text, "{part}" FROM "{table}" WHERE "{part}" <> \'\' LIMIT 1')
    if not found:
        return None
    tuple_id, id, value = found[0]
    changed = ("B" if value[0] == "A" else "A") + value[1:]
    database.sql(f'UPDATE "{table}" SET "{part}" = %s WHERE ctid = %s::tid', changed, tuple_id)
    return id


CENSUS_TRIPLES = {
    "secret_blind_indexes.encryptedSaltCipherText": ("saltIV", "saltTag"),
    "org_bots.encryptedPrivateKey": ("privateKeyIV", "privateKeyTag"),
    "webhooks.encryptedSecretKey": ("iv", "tag"), "webhooks.urlCipherText": ("urlIV", "urlTag"),
    "secret_rotations.encryptedData": ("encryptedDataIV", "encryptedDataTag"),
    "dynamic_secrets.inputCiphertext": ("inputIV", "inputTag"),
    "audit_log_streams.encryptedHeadersCiphertext": ("encryptedHeadersIV", "encryptedHeadersTag"),
    "saml_configs.encryptedEntryPoint": ("entryPointIV", "entryPointTag"),
    "saml_configs.encryptedIssuer": ("issuerIV", "issuerTag"), "saml_configs.encryptedCert": ("certIV", "certTag"),
    "user_encryption_keys.serverEncryptedPrivateKey": ("serverEncryptedPrivateKeyIV", "serverEncryptedPrivateKeyTag"),
    "integration_auths.accessCiphertext": ("accessIV", "accessTag"),
    "integration_auths.awsAssumeIamRoleArnCipherText": ("awsAssumeIamRoleArnIV", "awsAssumeIamRoleArnTag"),
    **{f"{table}.{name}Ciphertext": (name + "IV", name + "Tag") for table in
       ("secrets", "secret_versions", "secret_approval_requests_secrets") for name in ("secretKey", "secretValue", "secretComment")},
}
# What others hang on; broken one by one instead.
KEYS = {"kms_root_config.encryptedRootKey", "internal_kms.encryptedKey", "organizations.kmsEncryptedDataKey",
        "projects.kmsSecretManagerEncryptedDataKey", "project_bots.encryptedPrivateKey", "org_bots.encryptedSymmetricKey",
        "kms_legacy_encryption_keys.encryptedKeySnapshot"}


def damage(database, instance, where):
    """One bit in a value of every column that a server reads: each named, and no other."""
    rows, moved = {}, database.era >= 6
    database.sql("BEGIN")
    for name in list(database.keys):
        table, column = name.split(".", 1)
        if name in KEYS or "[]" in column or not database.keys[name]:
            continue
        left = ("saml_configs", "webhooks", "secret_rotations", "dynamic_secrets") + (("audit_log_streams",) if database.era >= 7 else ())
        if moved and table in left and name in CENSUS_TRIPLES:
            continue
        id = flipped(database, name, where)
        if id:
            rows[name] = id
    database.sql("COMMIT")
    code, report, text = instance.census("--live")
    label = f"{database.name}, {where} damaged"
    if expect(label, report is not None, f"ends with {code}: {text}"):
        expect(label, code == 13, f"ends with {code}: {report['warnings']} {report['keys']}")
        named = {f"{column['table']}.{column['column']}": (column["failed"], [failure["row"] for failure in column["failures"]])
                 for column in report["columns"] if column["failed"]}
        want = {name: (1, [id]) for name, id in rows.items()}
        expect(label, named == want, f"not as damaged: {[(name, named.get(name), want.get(name)) for name in {*named, *want} if named.get(name) != want.get(name)]}")
    print(f"  {where}: {len(rows)} columns", flush=True)


def broken(database, instance, label, statement, code, words, environment=None):
    """One thing broken, looked at, and put back."""
    tables = [row[0] for row in database.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
              if statement and re.search(rf"\b{re.escape(row[0])}\b", statement)]
    for table in tables:
        database.sql(f'CREATE TEMP TABLE "{table}" AS TABLE public."{table}"')
    if statement:
        database.sql(statement)
    if environment:
        instance.keys(environment)
    found, report, text = instance.census("--live")
    name = f"{database.name}, {label}"
    said = json.dumps(report) if report else text
    expect(name, found == code, f"ends with {found} instead of {code}: {said[-1500:] if not report else report['warnings']}")
    expect(name, re.search(words, said), f"does not say {words!r}: {report['warnings'] if report else text} {report['keys'] if report else ''}"
           f" {[column for column in report['columns'] if column['failed']][:4] if report else ''}")
    for table in tables:
        database.sql(f'DELETE FROM public."{table}"; INSERT INTO public."{table}" SELECT * FROM pg_temp."{table}"; DROP TABLE pg_temp."{table}"')
    instance.keys(environment and database.environment or instance.database.environment)
    print(f"  {label}: exit {found}", flush=True)


def break_links(database, instance):
    project = database.new.id
    flip = lambda table, column, where: (f'UPDATE public.{table} SET "{column}" = set_byte("{column}", 20, get_byte("{column}", 20) # 1) WHERE {where}')
    gone = r'"its key is missing"'
    links = [
        ("another key", None, 12, "kms_root_config.encryptedRootKey", Environment("0" * 32)),
        ("no key", None, 12, "no ENCRYPTION_KEY was given|sets no ENCRYPTION_KEY", Environment()),
        ("root row gone", "DELETE FROM public.kms_root_config", 12, "silently creates a new root key", None),
        ("root row damaged", flip("kms_root_config", "encryptedRootKey", "true"), 12, "kms_root_config.encryptedRootKey", None),
        ("data key of a project lost", f"UPDATE public.projects SET \"kmsSecretManagerEncryptedDataKey\" = NULL WHERE id = '{project}'", 13, gone, None),
        ("data key of a project damaged", flip("projects", "kmsSecretManagerEncryptedDataKey", f"id = '{project}'"), 13,
         r'projects\.kmsSecretManagerEncryptedDataKey of the project', None),
        ("data key of a project emptied", f"UPDATE public.projects SET \"kmsSecretManagerEncryptedDataKey\" = '' WHERE id = '{project}'", 13,
         r'projects\.kmsSecretManagerEncryptedDataKey of the project', None),
        ("KMS key of a project gone", f"DELETE FROM public.internal_kms WHERE \"kmsKeyId\" = '{database.new.kms}'", 13, gone, None),
        ("both rows of a KMS key gone", f"DELETE FROM public.internal_kms WHERE \"kmsKeyId\" = '{database.new.kms}'; DELETE FROM public.kms_keys WHERE id = '{database.new.kms}'",
         13, gone, None),
        ("certificate key of a project gone", f"UPDATE public.projects SET \"kmsCertificateKeyId\" = NULL WHERE id = '{project}'", 13, gone, None),
        ("projects gone", "DELETE FROM public.projects", 13, "what its row belongs to is not there", None),
        ("value emptied", f"UPDATE public.secrets_v2 SET \"encryptedValue\" = '' WHERE id = '{database.kept}'", 13, str(database.kept), None),
        ("value cut", f"UPDATE public.secrets_v2 SET \"encryptedValue\" = substr(\"encryptedValue\", 1, 30) WHERE id = '{database.kept}'", 13, str(database.kept), None),
        ("box of a project key damaged", f"UPDATE public.project_bots SET \"encryptedProjectKeyNonce\" = '{b64(bytes(24))}' WHERE id = '{database.projects[0].bot_id}'",
         13, "project_bots.encryptedProjectKey of the project", None),
        ("blind index without ciphertext", "UPDATE public.secret_blind_indexes SET \"encryptedSaltCipherText\" = ''", 13, "encryptedSaltCipherText", None),
        ("an IV of a thousand bytes", f"UPDATE public.secret_blind_indexes SET \"saltIV\" = '{b64(bytes(999))}'", 13, "encryptedSaltCipherText", None),
        ("what is no base64", "UPDATE public.secret_blind_indexes SET \"saltTag\" = 'é'", 13, "encryptedSaltCipherText", None),
        ("a row under ROOT_ENCRYPTION_KEY", f"UPDATE public.secret_blind_indexes SET \"keyEncoding\" = 'base64'", 12,
         "no ROOT_ENCRYPTION_KEY was given", None),
    ]
    if database.era >= 7:
        links.append(("data key of an organization lost",
                      f"UPDATE public.organizations SET \"kmsEncryptedDataKey\" = NULL WHERE id = '{database.first}'", 13, gone, None))
        links.append(("member of JSON damaged", "UPDATE public.secret_versions_v2 SET metadata = jsonb_set(metadata, '{0,encryptedValue}', '\"AAAA\"') WHERE metadata IS NOT NULL",
                      13, r"metadata\[\]\.encryptedValue", None))
    if database.era >= 8:
        links += [("snapshot gone", "DELETE FROM public.kms_legacy_encryption_keys", 2, "kms_legacy_encryption_keys has no row", None),
                  ("snapshot damaged", flip("kms_legacy_encryption_keys", "encryptedKeySnapshot", "true"), 12, "kms_legacy_encryption_keys.encryptedKeySnapshot", None)]
    for link in links:
        broken(database, instance, *link)


def scenarios():
    print(f"{'database':34}{'rows':>6}{'open':>6}{'bad':>5}{'n.p.':>5}")
    kept = {}
    for era in range(1, 9):
        database = world(make(f"s{era}", era))
        kept[era] = database, look(database)
    look(world(make("s1_both", 1, BOTH)))
    look(world(make("s5_both", 5, BOTH)))
    look(world(make("s4_both_but_old_rows", 4, BOTH), encoding="utf8"))
    look(world(make("s7_root_alone", 7, ROOT_ALONE)))
    look(world(make("s7_fips", 7, FIPS)))
    look(in_hardware(world(make("s5_hardware", 5))), exit=2, words="hardware security module", backup=(2,))
    look(split(make("s5_split", 5)))
    look(residue(make("s6_residue", 6)))
    look(misplaced(make("s4_misplaced", 4)), exit=2, words="open with another key than that of their row", backup=(12,))
    instance = look(odd(make("s7_odd", 7)), exit=2, words="is none that this version knows")
    expect("s7_odd", "\x1b" not in instance.run("census", "--live").stdout, "control characters of the database reach the terminal")
    look(upgraded(make("s7_upgraded", 7)))
    database, new = rotated_natively("s8_rotated")
    look(database, keys=new)
    broken(kept[1][0], kept[1][1], "another key", None, 12, "none of the keys that were given opens it", Environment("0" * 32))
    broken(kept[1][0], kept[1][1], "one value damaged", "UPDATE public.webhooks SET tag = 'AAAAAAAAAAAAAAAAAAAAAA==' WHERE tag IS NOT NULL", 13,
           "encryptedSecretKey")
    break_links(*kept[4])
    break_links(*kept[8])
    for era in (4, 7):
        database, instance = kept[era]
        damage(database, instance, "ciphertext")
    for era, where in ((3, "iv"), (8, "iv"), (5, "tag"), (6, "mark")):
        damage(*kept[era], where)
