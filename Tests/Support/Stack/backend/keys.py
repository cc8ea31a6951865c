"""Infisical's key hierarchy, as the project's format specification describes it. Shares no code with the product."""
import base64
import hashlib
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from nacl.public import Box, PrivateKey, PublicKey

SENTINEL = "00000000-0000-0000-0000-000000000000"
SNAPSHOT = "00000000-0000-0000-0000-000000000001"


class DoesNotOpen(Exception):
    """The key is not the one that this was sealed with."""


def gcm_open(key, iv, ciphertext, tag):
    decryptor = Cipher(algorithms.AES(key), modes.GCM(iv, tag)).decryptor()
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag:
        raise DoesNotOpen() from None


def gcm_seal(key, iv, plain):
    encryptor = Cipher(algorithms.AES(key), modes.GCM(iv)).encryptor()
    ciphertext = encryptor.update(plain) + encryptor.finalize()
    return ciphertext, encryptor.tag


def open_blob(key, blob):
    """12-byte IV, ciphertext, 16-byte tag (section 2.1)."""
    blob = bytes(blob)
    return gcm_open(key, blob[:12], blob[12:-16], blob[-16:])


def seal_blob(key, plain, random):
    iv = random(12)
    ciphertext, tag = gcm_seal(key, iv, plain)
    return iv + ciphertext + tag


def open_versioned(key, blob):
    """The same and three bytes `v01` (section 2.2)."""
    blob = bytes(blob)
    if blob[-3:] != b"v01":
        raise DoesNotOpen()
    return open_blob(key, blob[:-3])


def seal_versioned(key, plain, random):
    return seal_blob(key, plain, random) + b"v01"


def open_triple(key, ciphertext, iv, tag):
    """Three texts in base64 (section 2.3)."""
    decode = base64.b64decode
    return gcm_open(key, decode(iv), decode(ciphertext), decode(tag)).decode()


def open_box(ciphertext, nonce, public, private):
    """NaCl's box (section 2.4)."""
    decode = base64.b64decode
    box = Box(PrivateKey(decode(private)), PublicKey(decode(public)))
    return box.decrypt(decode(ciphertext), decode(nonce))


def label(key):
    return hashlib.sha256(b"infisical:kek-fingerprint:v1" + key).hexdigest()[:32]


class EnvironmentKeys:
    """ENCRYPTION_KEY and ROOT_ENCRYPTION_KEY (section 3); in FIPS mode the first takes the place of the second."""

    def __init__(self, environment, is_fips=False):
        self.original = {name: value for name, value in (
            (name, (environment.get(name) or "").strip()) for name in ("ENCRYPTION_KEY", "ROOT_ENCRYPTION_KEY")) if value}
        self.current = self.original
        if is_fips and "ENCRYPTION_KEY" in self.original:
            self.current = {"ROOT_ENCRYPTION_KEY": self.original["ENCRYPTION_KEY"]}
        self.utf8 = self.current.get("ENCRYPTION_KEY", "").encode() or None
        root = self.current.get("ROOT_ENCRYPTION_KEY")
        self.base64 = base64.b64decode(root) if root else None

    @property
    def is_empty(self):
        return not self.original

    @property
    def kek(self):
        return self.utf8 or self.base64

    def legacy(self, encoding):
        return self.base64 if encoding == "base64" else self.utf8


def snapshot_text(keys):
    """What S8 keeps of the environment (section 4.4)."""
    return json.dumps({"current": keys.current, "original": keys.original}, separators=(",", ":"))


class Hierarchy:
    """Opens everything below the root key."""

    def __init__(self, database, environment_keys, root):
        self.database = database
        self.root = root.key
        self._data_keys = {}
        # Where S8 has its snapshot, that is what counts, and not the environment (section 4.4): `current`, then `original`.
        self._legacy = [environment_keys]
        if root.snapshot is not None:
            snapshot = json.loads(root.snapshot)
            parts = [snapshot["current"]] + [snapshot["original"]] * (snapshot["original"] != snapshot["current"])
            self._legacy = [EnvironmentKeys(part) for part in parts]

    def kms_key(self, key_id):
        row = self.database.one('SELECT "encryptedKey" FROM internal_kms WHERE "kmsKeyId" = %s', key_id)
        return open_blob(self.root, row["encryptedKey"])

    def project_key(self, project):
        """The data key of a project of version 3 (section 5.1)."""
        if project["id"] not in self._data_keys:
            wrap = self.kms_key(project["kmsSecretManagerKeyId"])
            self._data_keys[project["id"]] = open_versioned(wrap, project["kmsSecretManagerEncryptedDataKey"])
        return self._data_keys[project["id"]]

    def org_key(self, organization):
        wrap = self.kms_key(organization["kmsDefaultKeyId"])
        return open_versioned(wrap, organization["kmsEncryptedDataKey"])

    def legacy_keys(self, encoding):
        # A key of another length, which an `original` of FIPS mode may have, opens nothing.
        keys = [part.legacy(encoding) for part in self._legacy]
        return [key for key in keys if key and len(key) == 32]

    def triple(self, row, ciphertext, iv, tag, encoding="keyEncoding"):
        for key in self.legacy_keys(row[encoding]):
            try:
                return open_triple(key, row[ciphertext], row[iv], row[tag])
            except DoesNotOpen:
                continue
        raise DoesNotOpen()

    def bot_project_key(self, project_id):
        """The key of a project of version 1 or 2 (section 6)."""
        bot = self.database.one(
            'SELECT b.*, u."publicKey" AS sender FROM project_bots b JOIN user_encryption_keys u '
            'ON u."userId" = b."senderId" WHERE b."projectId" = %s AND b."isActive" '
            'AND b."encryptedProjectKey" IS NOT NULL', project_id)
        private = self.triple(bot, "encryptedPrivateKey", "iv", "tag")
        return open_box(bot["encryptedProjectKey"], bot["encryptedProjectKeyNonce"], bot["sender"], private)

    def org_bot_key(self, org_id):
        bot = self.database.one('SELECT * FROM org_bots WHERE "orgId" = %s', org_id)
        text = self.triple(
            bot, "encryptedSymmetricKey", "symmetricKeyIV", "symmetricKeyTag", "symmetricKeyKeyEncoding")
        return base64.b64decode(text)
