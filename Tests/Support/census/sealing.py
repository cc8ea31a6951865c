"""The encrypting side of Infisical, written from the description of its data format alone: what a server would have put
into its database. Nothing here is shared with the program that it tests."""
import base64, hashlib, random, struct

import nacl.bindings
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

chance = random.Random(20261128)


def some(count):
    return bytes(chance.getrandbits(8) for _ in range(count))


def b64(data):
    return base64.b64encode(data).decode()


def blob(key, content):
    """IV, ciphertext, tag: under the wrapping key and the root key."""
    iv = some(12)
    return iv + AESGCM(key).encrypt(iv, content, None)


def vblob(key, content):
    """The same with the mark of its layout: under KMS keys and data keys."""
    return blob(key, content) + b"v01"


def vblob2(key, content, version):
    """Under a KMS key that a user rotated."""
    return blob(key, content) + struct.pack(">I", version) + b"v02"


def triple(key, content, iv_size):
    """Ciphertext, IV and tag as base64 texts: 16 bytes of IV under characters, 12 under decoded keys."""
    iv = some(iv_size)
    sealed = AESGCM(key).encrypt(iv, content, None)
    return b64(sealed[:-16]), b64(iv), b64(sealed[-16:])


class Pair:
    """An X25519 key pair as users and bots have one; in FIPS mode in DER."""

    def __init__(self, fips=False):
        self.fips, raw = fips, some(32)
        self.private, self.public = raw, nacl.bindings.crypto_scalarmult_base(raw)
        if fips:
            self.key = X25519PrivateKey.from_private_bytes(raw)
            self.private = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            self.public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def box(self, content, receiver):
        """What `receiver` alone reads: ciphertext and nonce as base64 texts."""
        nonce = some(24)
        if self.fips:
            key = hashlib.sha256(self.key.exchange(receiver.key.public_key())).digest()
            return b64(AESGCM(key).encrypt(nonce[:12], content, None)), b64(nonce)
        return b64(nacl.bindings.crypto_box(content, nonce, receiver.public, self.private)), b64(nonce)


class Environment:
    """ENCRYPTION_KEY, ROOT_ENCRYPTION_KEY, or both; in FIPS mode the first is base64 and takes the place of the second."""

    def __init__(self, characters=None, root=None, fips=None):
        self.characters, self.root, self.fips = characters, root, fips

    @property
    def wrapping(self):
        """The key of the root key, and its class."""
        if self.fips:
            return self.fips, "ENCRYPTION_KEY"
        if self.characters:
            return self.characters.encode(), "ENCRYPTION_KEY"
        return self.root, "ROOT_ENCRYPTION_KEY"

    def triple(self, content, encoding=None):
        """As the server writes one; with `encoding` as it reads one. Gives the texts, the encoding and the class."""
        encoding = encoding or ("base64" if self.fips or self.root else "utf8")
        if encoding == "utf8":
            return triple(self.characters.encode(), content, 16), "utf8", "ENCRYPTION_KEY"
        if self.fips:
            return triple(self.fips, content, 12), "base64", "ENCRYPTION_KEY"
        return triple(self.root, content, 12), "base64", "ROOT_ENCRYPTION_KEY"

    def text(self):
        """The lines of an env file."""
        lines = []
        if self.fips:
            lines += ["FIPS_ENABLED=true", f"ENCRYPTION_KEY={b64(self.fips)}"]
        if self.characters:
            lines.append(f"ENCRYPTION_KEY={self.characters}")
        if self.root:
            lines.append(f"ROOT_ENCRYPTION_KEY={b64(self.root)}")
        return "".join(line + "\n" for line in lines)


def vectors():
    """The published test vectors: that this side, too, does what the description says."""
    iv12, iv16 = bytes(range(12)), bytes(range(16))
    kek, root, kms, data = b"0f1e2d3c4b5a69788796a5b4c3d2e1f0", b"\x11" * 32, b"\x22" * 32, b"\x33" * 32
    seal = lambda key, iv, content: iv + AESGCM(key).encrypt(iv, content, None)
    assert seal(kek, iv12, root).hex().endswith("251051202e817d56ed")
    assert seal(root, iv12, kms).hex().endswith("70276669ce6f7e681bb897")
    assert (seal(kms, iv12, data) + b"v01").hex().endswith("142e612b4379763031")
    assert (seal(data, iv12, "hello ünï".encode()) + b"v01").hex().endswith("03d56cc8c88d763031")
    sealed = AESGCM(kek).encrypt(iv16, b"top secret", None)
    assert (b64(sealed[:-16]), b64(sealed[-16:])) == ("4epW3qYxpwKsoA==", "7G+dRHeOS6knKs31xdYbpQ==")
    private = b"\x07" * 32
    public = nacl.bindings.crypto_scalarmult_base(private)
    box = nacl.bindings.crypto_box(b"00112233445566778899aabbccddeeff", bytes(24), public, private)
    assert b64(box) == "VEVlEM1w2C2+IniAJkJhOldB2OmkJiyMBbRqhIgOiGJCL8HgMT+Na/zP2yAekYe1"


if __name__ == "__main__":
    vectors()
    print("ok")
