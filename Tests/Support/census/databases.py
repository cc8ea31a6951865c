"""Small databases of every era, made by the description of Infisical's data format, with what a census must find in
each column counted while they are filled."""
import json, re, uuid
from collections import Counter

import psycopg2
from psycopg2.extras import register_uuid

from sealing import Environment, Pair, b64, blob, some, triple, vblob, vblob2

register_uuid()
ROOT_ROW = "00000000-0000-0000-0000-000000000000"
SNAPSHOT_ROW = "00000000-0000-0000-0000-000000000001"
CHARACTERS = "9a8b7c6d5e4f30211203f4e5d6c7b8a9"

# Columns as "name type [from] [to]" with the first and the last era that has them.
TABLES = {
    "infisical_migrations": ["id serial PRIMARY KEY", "name varchar(255)", "batch int", "migration_time timestamptz"],
    "infisical_migrations_lock": ["index serial PRIMARY KEY", "is_locked int"],
    "super_admin": ["id uuid PRIMARY KEY", "initialized bool", "fipsEnabled bool 6", "encryptedSlackClientId bytea 4",
                    "encryptedEnvOverrides bytea 7"],
    "organizations": ["id uuid PRIMARY KEY", "name varchar(255)", "slug varchar(255)", "kmsDefaultKeyId uuid 3",
                      "kmsEncryptedDataKey bytea 3"],
    "projects": ["id varchar(36) PRIMARY KEY", "name varchar(255)", "slug varchar(255)", "version int", "orgId uuid",
                 "upgradeStatus varchar(255)", "kmsCertificateKeyId uuid 2", "kmsSecretManagerKeyId uuid 3",
                 "kmsSecretManagerEncryptedDataKey bytea 3", "type varchar(255) 5"],
    "kms_root_config 2": ["id uuid PRIMARY KEY", "encryptedRootKey bytea", "encryptionStrategy varchar(255) 5",
                          "createdAt timestamptz 5", "updatedAt timestamptz 5", "activatedAt timestamptz 8",
                          "supersededAt timestamptz 8", "lastResolvedAt timestamptz 8", "kekLabel varchar(64) 8"],
    "kms_keys 2": ["id uuid PRIMARY KEY", "orgId uuid", "projectId varchar(36)", "name varchar(32)", "isReserved bool",
                   "isDisabled bool", "encryptedKey bytea 2 2", "encryptionAlgorithm varchar(255) 2 2", "version int 2 2"],
    "kms_key_versions 2 2": ["id uuid PRIMARY KEY", "kmsKeyId uuid", "version int", "encryptedKey bytea"],
    "internal_kms 3": ["id uuid PRIMARY KEY", "kmsKeyId uuid", "encryptedKey bytea", "encryptionAlgorithm varchar(255)",
                       "version int"],
    "internal_kms_key_version 3": ["id uuid PRIMARY KEY", "internalKmsId uuid", "version int", "encryptedKey bytea"],
    "external_kms 3": ["id uuid PRIMARY KEY", "kmsKeyId uuid", "provider varchar(255)", "encryptedProviderInputs bytea",
                       "status varchar(255)"],
    "kms_legacy_encryption_keys 8": ["id uuid PRIMARY KEY", "encryptedKeySnapshot bytea", "createdAt timestamptz",
                                     "updatedAt timestamptz"],
    "kms_kek_history 8": ["id uuid PRIMARY KEY", "kekLabel varchar(64)", "activatedAt timestamptz",
                          "supersededAt timestamptz", "retiredAt timestamptz"],
    "users": ["id uuid PRIMARY KEY", "email varchar(255)", "isGhost bool"],
    "user_encryption_keys": ["id uuid PRIMARY KEY", "userId uuid", "publicKey text", "encryptedPrivateKey text", "iv text",
                             "tag text", "protectedKey text", "protectedKeyIV text", "protectedKeyTag text",
                             "serverEncryptedPrivateKey text 2", "serverEncryptedPrivateKeyIV text 2",
                             "serverEncryptedPrivateKeyTag text 2", "serverEncryptedPrivateKeyEncoding text 2"],
    "project_environments": ["id uuid PRIMARY KEY", "slug varchar(255)", "name varchar(255)", "position int",
                             "projectId varchar(255)"],
    "secret_folders": ["id uuid PRIMARY KEY", "name varchar(255)", "envId uuid", "parentId uuid", "isReserved bool",
                       "version int"],
    "project_bots": ["id uuid PRIMARY KEY", "projectId varchar(36)", "isActive bool", "encryptedPrivateKey text", "iv text",
                     "tag text", "algorithm text", "keyEncoding text", "publicKey text", "encryptedProjectKey text",
                     "encryptedProjectKeyNonce text", "senderId uuid"],
    "project_keys": ["id uuid PRIMARY KEY", "projectId varchar(36)", "encryptedKey text", "nonce text", "receiverId uuid",
                     "senderId uuid"],
    "secret_blind_indexes": ["id uuid PRIMARY KEY", "encryptedSaltCipherText text", "saltIV text", "saltTag text",
                             "keyEncoding text", "projectId varchar(36)"],
    "secrets": ["id uuid PRIMARY KEY", "version int", "type varchar(255)", "secretKeyCiphertext text", "secretKeyIV text",
                "secretKeyTag text", "secretValueCiphertext text", "secretValueIV text", "secretValueTag text",
                "secretCommentCiphertext text", "secretCommentIV text", "secretCommentTag text", "keyEncoding text",
                "userId uuid", "folderId uuid"],
    "secret_versions": ["id uuid PRIMARY KEY", "secretId uuid", "secretKeyCiphertext text", "secretKeyIV text",
                        "secretKeyTag text", "secretValueCiphertext text", "secretValueIV text", "secretValueTag text",
                        "secretCommentCiphertext text", "secretCommentIV text", "secretCommentTag text", "folderId uuid"],
    "secret_approval_requests_secrets": ["id uuid PRIMARY KEY", "secretKeyCiphertext text", "secretKeyIV text",
                                         "secretKeyTag text", "secretValueCiphertext text", "secretValueIV text",
                                         "secretValueTag text", "requestId uuid"],
    "integration_auths": ["id uuid PRIMARY KEY", "projectId varchar(36)", "accessCiphertext text", "accessIV text",
                          "accessTag text", "refreshCiphertext text", "refreshIV text", "refreshTag text",
                          "awsAssumeIamRoleArnCipherText text 2", "awsAssumeIamRoleArnIV text 2",
                          "awsAssumeIamRoleArnTag text 2", "encryptedAccess bytea 4", "encryptedRefresh bytea 4"],
    "service_tokens": ["id varchar(36) PRIMARY KEY", "name varchar(255)", "encryptedKey text", "iv text", "tag text",
                       "projectId varchar(36)"],
    "org_bots": ["id uuid PRIMARY KEY", "orgId uuid", "encryptedSymmetricKey text", "symmetricKeyIV text",
                 "symmetricKeyTag text", "symmetricKeyKeyEncoding text", "encryptedPrivateKey text", "privateKeyIV text",
                 "privateKeyTag text", "privateKeyKeyEncoding text"],
    "saml_configs": ["id uuid PRIMARY KEY", "orgId uuid", "encryptedEntryPoint text", "entryPointIV text",
                     "entryPointTag text", "encryptedIssuer text", "issuerIV text", "issuerTag text", "encryptedCert text",
                     "certIV text", "certTag text", "encryptedSamlEntryPoint bytea 6", "encryptedSamlIssuer bytea 6",
                     "encryptedSamlCertificate bytea 6"],
    "webhooks": ["id uuid PRIMARY KEY", "envId uuid", "encryptedSecretKey text", "iv text", "tag text", "algorithm text",
                 "keyEncoding text", "urlCipherText text 2", "urlIV varchar(255) 2", "urlTag varchar(255) 2",
                 "encryptedPassKey bytea 6", "encryptedUrl bytea 6"],
    "secret_rotations": ["id uuid PRIMARY KEY", "envId uuid", "encryptedData text", "encryptedDataIV text",
                         "encryptedDataTag text", "keyEncoding text", "encryptedRotationData bytea 6"],
    "dynamic_secrets 2": ["id uuid PRIMARY KEY", "folderId uuid", "inputCiphertext text", "inputIV varchar(255)",
                          "inputTag varchar(255)", "keyEncoding text", "encryptedInput bytea 6"],
    "audit_log_streams 2": ["id uuid PRIMARY KEY", "orgId uuid", "encryptedHeadersCiphertext text",
                            "encryptedHeadersIV text", "encryptedHeadersTag text", "encryptedHeadersKeyEncoding text",
                            "encryptedCredentials bytea 7"],
    "certificate_authorities 2": ["id uuid PRIMARY KEY", "projectId varchar(36)"],
    "certificate_authority_secret 2": ["id uuid PRIMARY KEY", "caId uuid", "encryptedPrivateKey bytea",
                                       "hsmPublicKeySpki bytea 7"],
    "secrets_v2 4": ["id uuid PRIMARY KEY", "version int", "type varchar(255)", "key varchar(500)", "encryptedValue bytea",
                     "encryptedComment bytea", "userId uuid", "folderId uuid", "metadata jsonb"],
    "secret_versions_v2 4": ["id uuid PRIMARY KEY", "secretId uuid", "key varchar(500)", "encryptedValue bytea",
                             "encryptedComment bytea", "folderId uuid", "envId uuid", "metadata jsonb"],
    "secret_approval_requests_secrets_v2 4": ["id uuid PRIMARY KEY", "requestId uuid", "op varchar(255)",
                                              "encryptedValue bytea", "encryptedComment bytea", "secretMetadata jsonb 7"],
    "secret_sharing 2": ["id uuid PRIMARY KEY", "encryptedValue text", "iv text", "tag text", "encryptedSecret bytea 4"],
    "app_connections 6": ["id uuid PRIMARY KEY", "orgId uuid", "projectId varchar(36) 7", "encryptedCredentials bytea"],
    "resource_metadata 7": ["id uuid PRIMARY KEY", "secretId uuid", "key varchar(255)", "value text", "encryptedValue bytea"],
    "pam_session_event_chunks 7": ["id uuid PRIMARY KEY", "encryptedEventsBlob bytea", "iv bytea", "ciphertextSha256 bytea"],
}


def is_there(limits, era):
    first, last = (list(map(int, limits)) + [1, 9][len(limits):])[:2] if limits else (1, 9)
    return first <= era <= last


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Part:
    """A value in its columns, and what a census must say of it: the class of the key that opens it, with `*` behind where
    that is not its row's; `!` and the reason why nothing can prove it; `x` where it must fail; None where it is no value."""

    def __init__(self, columns, name, outcome):
        self.columns, self.name, self.outcome = columns, name, outcome


def bytes_of(column, value, outcome):
    return Part({column: value}, column, outcome)


def texts_of(columns, sealed, outcome, **more):
    """`columns`: of ciphertext, IV and tag."""
    return Part({**dict(zip(columns, sealed)), **more}, columns[0], outcome)


def json_of(column, entries, outcome):
    """An array of {key, encryptedValue} and whatever else."""
    return Part({column: json.dumps(entries)}, f"{column}[].encryptedValue", outcome)


def stem(name, ending="Ciphertext"):
    return name + ending, name + "IV", name + "Tag"


class Database:
    def __init__(self, server, name, era, environment=None):
        self.server, self.name, self.era = server, name, era
        self.environment = environment or Environment(CHARACTERS)
        self.root = some(32)
        self.keys, self.failed, self.reasons, self.misplaced, self.rows = {}, Counter(), {}, Counter(), Counter()
        admin = psycopg2.connect(host=server, user="postgres", dbname="postgres")
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0")
        admin.close()
        self.connection = psycopg2.connect(host=server, user="postgres", dbname=name)
        self.connection.autocommit = True
        lines = []
        for table, columns in TABLES.items():
            table, *limits = table.split()
            if not is_there(limits, era):
                continue
            defined = []
            for column in columns:
                column, limits = re.fullmatch(r"(.*?)((?: \d+)*)", column).groups()
                column, kind = column.split(" ", 1)
                if is_there(limits.split(), era):
                    defined.append(f"{quoted(column)} {kind}")
            lines.append(f"CREATE TABLE public.{table} ({', '.join(defined)})")
        self.sql(";".join(lines))
        self.row("infisical_migrations", name="20240101000000_first.ts", batch=1, id=1)
        self.sql("INSERT INTO infisical_migrations_lock (is_locked) VALUES (0)")
        self.row("super_admin", id=ROOT_ROW, initialized=True, **({"fipsEnabled": bool(self.environment.fips)} if era >= 6 else {}))

    def sql(self, text, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def close(self):
        self.connection.close()

    # MARK: Rows

    def row(self, table, *parts, **plain):
        columns = {"id": plain.pop("id", None) or uuid.UUID(bytes=some(16), version=4), **plain}
        if columns["id"] == "none":
            del columns["id"]
        for part in parts:
            columns |= part.columns
            self.expect(f"{table}.{part.name}", part.outcome)
        names = ", ".join(quoted(name) for name in columns)
        self.sql(f"INSERT INTO public.{quoted(table)} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", *columns.values())
        return str(columns.get("id", ""))

    def expect(self, name, outcome, count=1):
        if outcome is None:
            return
        self.rows[name] += count
        if outcome == "-":
            return
        if outcome.startswith("!"):
            self.reasons.setdefault(name, Counter())[outcome[1:]] += count
        elif outcome == "x":
            self.failed[name] += count
        else:
            self.keys.setdefault(name, Counter())[outcome.rstrip("*")] += count
            if outcome.endswith("*"):
                self.misplaced[name] += count

    def wrap_root(self, outcome=None, strategy="SOFTWARE", wrapped=None, id=ROOT_ROW, **more):
        key, kind = self.environment.wrapping
        return self.row("kms_root_config", bytes_of("encryptedRootKey", wrapped or blob(key, self.root), outcome or kind),
                        id=id, **({"encryptionStrategy": strategy} if self.era >= 5 else {}), **more)

    # MARK: Keys

    def kms_key(self, organization, project=None, material=None, outcome="root"):
        """A KMS key with its material; gives id and material."""
        material = material or some(32)
        wrapped = bytes_of("encryptedKey", blob(self.root, material), outcome)
        if self.era == 2:
            return self.row("kms_keys", wrapped, orgId=organization, version=1), material
        id = self.row("kms_keys", orgId=organization, projectId=project, name="key", isReserved=project is None)
        self.row("internal_kms", wrapped, kmsKeyId=id, version=1, encryptionAlgorithm="aes-256-gcm")
        return id, material

    def earlier(self, kms_key, outcome="root"):
        """Earlier material of a KMS key."""
        material = some(32)
        wrapped = bytes_of("encryptedKey", blob(self.root, material), outcome)
        if self.era == 2:
            self.row("kms_key_versions", wrapped, kmsKeyId=kms_key, version=1)
        else:
            owner = self.sql('SELECT id FROM internal_kms WHERE "kmsKeyId" = %s', kms_key)[0][0]
            self.row("internal_kms_key_version", wrapped, internalKmsId=owner, version=1)
            self.sql("UPDATE internal_kms SET version = 2 WHERE id = %s", owner)
        return material

    def organization(self, slug):
        if self.era < 3:
            return self.row("organizations", name=slug, slug=slug), None
        id = uuid.UUID(bytes=some(16), version=4)
        kms, material = self.kms_key(id)
        key = some(32)
        self.row("organizations", bytes_of("kmsEncryptedDataKey", vblob(material, key), "kms"), id=id, name=slug, slug=slug,
                 kmsDefaultKeyId=kms)
        return str(id), key

    def project(self, organization, slug, version=3, key=None, shares=None):
        """A project with the data key that its era has; gives a `Project`."""
        project = Project(self, uuid.UUID(bytes=some(16), version=4), slug)
        columns, parts = {}, []
        if self.era >= 2:
            columns["kmsCertificateKeyId"], project.certificate = self.kms_key(organization)
        if self.era >= 4:
            if shares:
                project.key, kms, wrapped = shares.key, shares.kms, shares.wrapped
            else:
                kms, material = self.kms_key(organization)
                project.key = key or some(32)
                wrapped = vblob(material, project.key)
            project.kms, project.wrapped = kms, wrapped
            columns["kmsSecretManagerKeyId"] = kms
            parts.append(bytes_of("kmsSecretManagerEncryptedDataKey", wrapped, "kms"))
        if self.era >= 5:
            columns["type"] = "secret-manager"
        self.row("projects", *parts, id=project.id, name=slug, slug=slug, version=version, orgId=organization, **columns)
        project.environment = self.row("project_environments", slug="dev", name="dev", position=1, projectId=project.id)
        project.folder = self.row("secret_folders", name="root", envId=project.environment, isReserved=False, version=1)
        return project

    def user(self, pair=None, server=None, encoding=None, **columns):
        """A user; `server`: the content of `serverEncryptedPrivateKey`."""
        pair = pair or Pair(bool(self.environment.fips))
        id = self.row("users", email=f"{len(self.rows)}@example.com", isGhost=False)
        people = "!only the password of its user opens it"
        parts = [texts_of(("encryptedPrivateKey", "iv", "tag"), triple(some(32), pair.private, 16), people),
                 texts_of(stem("protectedKey", ""), triple(some(32), some(32), 16), people)]
        if server is not None:
            sealed, enc, kind = self.environment.triple(server, encoding)
            parts.append(texts_of(stem("serverEncryptedPrivateKey", ""), sealed, kind, serverEncryptedPrivateKeyEncoding=enc))
        self.row("user_encryption_keys", *parts, userId=id, publicKey=b64(pair.public), **columns)
        return id, pair


class Project:
    def __init__(self, database, id, slug):
        self.database, self.id, self.slug = database, str(id), slug

    def bot(self, encoding=None, is_active=True, has_key=True):
        """A bot, which is sender and receiver, with a new project key of 32 hexadecimal characters."""
        database = self.database
        pair, self.legacy = Pair(bool(database.environment.fips)), some(16).hex().encode()
        ghost, _ = database.user(pair)
        sealed, enc, kind = database.environment.triple(b64(pair.private).encode(), encoding)
        box, nonce = pair.box(self.legacy, pair) if has_key else (None, None)
        self.bot_id = database.row(
            "project_bots", texts_of(("encryptedPrivateKey", "iv", "tag"), sealed, kind, keyEncoding=enc),
            projectId=self.id, isActive=is_active, publicKey=b64(pair.public), encryptedProjectKey=box,
            encryptedProjectKeyNonce=nonce, senderId=ghost)

    def legacy_secret(self, outcome="legacy-project", comment=False, folder=None, key=None):
        key, database = key or self.legacy, self.database
        sealed = lambda name, content: texts_of(stem(name), triple(key, content, 16), outcome)
        parts = [sealed("secretKey", b"NAME"), sealed("secretValue", b"value")]
        if comment:
            parts.append(sealed("secretComment", b""))
        id = database.row("secrets", *parts, folderId=folder or self.folder, version=1, type="shared", keyEncoding="utf8")
        database.row("secret_versions", *[sealed(part.name[:-10], b"earlier") for part in parts],
                     folderId=folder or self.folder, secretId=id)
        return id

    def secret(self, outcome="project-data", key=None, folder=None, **columns):
        key, database = key or self.key, self.database
        id = database.row("secrets_v2", bytes_of("encryptedValue", vblob(key, b"value"), outcome),
                          bytes_of("encryptedComment", vblob(key, b"comment"), outcome), key="NAME", type="shared",
                          version=1, folderId=folder or self.folder)
        self.version = database.row("secret_versions_v2", bytes_of("encryptedValue", vblob(key, b"value"), outcome),
                                    secretId=id, folderId=folder or self.folder, key="NAME", **columns)
        return id

    def authority(self, outcome="kms", key=None, sealed=None):
        database = self.database
        authority = database.row("certificate_authorities", projectId=self.id)
        return database.row("certificate_authority_secret", bytes_of(
            "encryptedPrivateKey", sealed or vblob(key or self.certificate, b"private"), outcome), caId=authority)


def world(database, encoding=None):
    """What every instance of its era has: two organizations, projects of every version, and values of every kind."""
    era, environment = database.era, database.environment
    seal = lambda columns, content, enc=None, outcome=None: (lambda made: texts_of(
        columns, made[0], outcome or made[2], **({enc: made[1]} if enc else {})))(environment.triple(content, encoding))
    if era >= 2:
        database.wrap_root()
    first, first_key = database.organization("first")
    second, second_key = database.organization("second")
    projects = [database.project(first, "old-1", 1), database.project(first, "old-2", 2), database.project(second, "old-3", 2)]
    for project in projects:
        project.bot(encoding)
        project.legacy_secret()
        project.legacy_secret(comment=True)
        database.row("secret_blind_indexes", seal(stem("encryptedSalt", "CipherText")[:1] + ("saltIV", "saltTag"), b"salt", "keyEncoding"),
                     projectId=project.id)
        database.row("secret_approval_requests_secrets",
                     texts_of(stem("secretKey"), triple(project.legacy, b"k", 16), "legacy-project"),
                     texts_of(stem("secretValue"), triple(project.legacy, b"v", 16), "legacy-project"))
        database.row("integration_auths", texts_of(stem("access"), triple(project.legacy, b"a", 16), "legacy-project"),
                     *([texts_of(stem("awsAssumeIamRoleArn", "CipherText"), triple(project.legacy, b"a", 16), "legacy-project")]
                       if era >= 2 else []), projectId=project.id)
    old = projects[0]
    database.row("service_tokens", texts_of(("encryptedKey", "iv", "tag"), triple(some(32), b"x", 16), "!only the service token"),
                 id="t1", projectId=old.id)
    symmetric = some(32)
    database.row("org_bots", seal(("encryptedSymmetricKey", "symmetricKeyIV", "symmetricKeyTag"), b64(symmetric).encode(),
                                  "symmetricKeyKeyEncoding"),
                 seal(("encryptedPrivateKey", "privateKeyIV", "privateKeyTag"), b"private", "privateKeyKeyEncoding"), orgId=first)
    moved = [bytes_of(name, vblob(first_key, b"x"), "org-data") for name in
             ("encryptedSamlEntryPoint", "encryptedSamlIssuer", "encryptedSamlCertificate")] if era >= 6 else []
    database.row("saml_configs", *[texts_of(("encrypted" + name[0].upper() + name[1:], name + "IV", name + "Tag"),
                                            triple(symmetric, b"x", 12), "org-bot") for name in ("entryPoint", "issuer", "cert")],
                 *moved, orgId=first)
    project = database.project(second, "new", 3) if era >= 4 else old
    key = getattr(project, "key", None)
    hook = [seal(("encryptedSecretKey", "iv", "tag"), b"pass", "keyEncoding")]
    if era >= 2:
        hook.append(seal(("urlCipherText", "urlIV", "urlTag"), b"https://example.com"))
    database.row("webhooks", *hook, *([bytes_of("encryptedPassKey", vblob(key, b"x"), "project-data"),
                                       bytes_of("encryptedUrl", vblob(key, b"x"), "project-data")] if era >= 6 else []),
                 envId=project.environment)
    database.row("webhooks", envId=project.environment)
    database.row("secret_rotations", seal(stem("encryptedData", ""), b"{}", "keyEncoding"),
                 *([bytes_of("encryptedRotationData", vblob(key, b"x"), "project-data")] if era >= 6 else []),
                 envId=project.environment)
    if era >= 2:
        database.row("dynamic_secrets", seal(stem("input"), b"{}", "keyEncoding"),
                     *([bytes_of("encryptedInput", vblob(key, b"x"), "project-data")] if era >= 6 else []), folderId=project.folder)
        database.row("audit_log_streams", seal(("encryptedHeadersCiphertext", "encryptedHeadersIV", "encryptedHeadersTag"),
                                               b"[]", "encryptedHeadersKeyEncoding"),
                     *([bytes_of("encryptedCredentials", vblob(first_key, b"{}"), "org-data")] if era >= 7 else []), orgId=first)
        # An invited user: a password of the server's own in the column for the key.
        database.user(server=some(32).hex().encode(), encoding=encoding)
        database.row("secret_sharing", texts_of(("encryptedValue", "iv", "tag"), triple(some(32), b"x", 16), "!only the shared link"),
                     id=uuid.UUID(bytes=some(16)))
        project.authority()
    if era >= 4:
        kept = project.secret()
        project.secret()
        database.row("secrets_v2", key="EMPTY", type="shared", folderId=project.folder)
        database.row("secrets_v2", bytes_of("encryptedValue", vblob(key, b""), "project-data"), key="SET_EMPTY", folderId=project.folder)
        database.row("secret_approval_requests_secrets_v2", bytes_of("encryptedValue", vblob(key, b"x"), "project-data"), op="create")
        database.row("secret_sharing", bytes_of("encryptedSecret", blob(database.root, b"x"), "root"))
        database.row("integration_auths", bytes_of("encryptedAccess", vblob(key, b"x"), "project-data"), projectId=project.id)
        database.sql('UPDATE super_admin SET "encryptedSlackClientId" = %s', blob(database.root, b"id"))
        database.expect("super_admin.encryptedSlackClientId", "root")
        database.kept = kept
    if era >= 6:
        database.row("app_connections", bytes_of("encryptedCredentials", vblob(first_key, b"{}"), "org-data"), orgId=first)
    if era >= 7:
        database.row("app_connections", bytes_of("encryptedCredentials", vblob(key, b"{}"), "project-data"), orgId=second,
                     projectId=project.id)
        database.row("resource_metadata", bytes_of("encryptedValue", vblob(key, b"m"), "project-data"), secretId=kept, key="k")
        database.row("resource_metadata", secretId=kept, key="plain", value="")
        entry = lambda content: {"key": 'a "encryptedValue": "b"', "encryptedValue": b64(vblob(key, content))}
        version = database.row("secret_versions_v2", json_of("metadata", [entry(b"1"), {"key": "encryptedValue", "value": "x"}], "project-data"),
                               key="NAME", folderId=project.folder)
        database.row("secret_approval_requests_secrets_v2", json_of("secretMetadata", [entry(b"1")], "project-data"), op="update")
        database.row("pam_session_event_chunks", bytes_of("encryptedEventsBlob", some(60), "!a gateway sealed it"),
                     bytes_of("iv", some(12), "-"), bytes_of("ciphertextSha256", some(32), "-"))
    database.first, database.second, database.projects, database.new = first, second, projects, project
    database.first_key, database.second_key = first_key, second_key
    if era >= 8:
        values = {"ENCRYPTION_KEY": environment.characters} if environment.characters else {}
        if environment.root:
            values["ROOT_ENCRYPTION_KEY"] = b64(environment.root)
        database.snapshot({"current": values, "original": values})
    return database


def snapshot(database, content):
    database.row("kms_legacy_encryption_keys", bytes_of(
        "encryptedKeySnapshot", blob(database.root, json.dumps(content).encode()), "root"), id=SNAPSHOT_ROW)


Database.snapshot = snapshot
