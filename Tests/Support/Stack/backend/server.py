"""A stand-in for Infisical's backend: see README.md for what it imitates and what not."""
import base64
import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlparse

import bcrypt
import psycopg2

from boot import boot
from keys import DoesNotOpen, open_triple, open_versioned
from logs import log
from projects import Project


class Answer(Exception):
    def __init__(self, status, message, error):
        self.status = status
        self.body = {"statusCode": status, "message": message, "error": error}


class Api:
    def __init__(self, environment, database, redis, root, hierarchy):
        self.environment = environment
        self.database = database
        self.redis = redis
        self.root = root
        self.hierarchy = hierarchy

    # Status

    def settings(self):
        """The settings row, kept in Redis for a minute, which is what keeps /api/status green too long."""
        cached = self.redis.command("GET", "infisical-admin-cfg")
        if cached:
            return json.loads(cached)
        row = self.database.one('SELECT "allowSignUp" FROM super_admin LIMIT 1')
        settings = {"allowSignUp": row["allowSignUp"]}
        self.redis.command("SET", "infisical-admin-cfg", json.dumps(settings), "EX", "60")
        return settings

    def status(self):
        # ioredis waits for a lost server for ever, and so does whoever asks.
        while True:
            try:
                settings = self.settings()
                break
            except OSError:
                time.sleep(0.5)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time.time() * 1000 % 1000)
        return {"date": now, "message": "Ok", "emailConfigured": True, "inviteOnlySignup": settings["allowSignUp"],
                "redisConfigured": True, "secretScanningConfigured": False}

    # Tokens

    def login(self, body):
        identity = self.database.first(
            'SELECT * FROM identity_universal_auths WHERE "clientId" = %s', body.get("clientId", ""))
        secrets = identity and self.database.query(
            'SELECT * FROM identity_ua_client_secrets WHERE "identityUAId" = %s AND NOT "isClientSecretRevoked"',
            identity["id"])
        given = body.get("clientSecret", "").encode()
        secret = next((s for s in secrets or [] if bcrypt.checkpw(given, s["clientSecretHash"].encode())), None)
        if not secret:
            raise Answer(401, "Invalid credentials", "UnauthorizedError")
        token_id = str(uuid.uuid4())
        self.database.query(
            'INSERT INTO identity_access_tokens (id, "identityId", "identityUAClientSecretId", "accessTokenTTL", '
            '"accessTokenMaxTTL") VALUES (%s, %s, %s, %s, %s)', token_id, identity["identityId"], secret["id"],
            identity["accessTokenTTL"], identity["accessTokenMaxTTL"])
        now = int(time.time())
        token = self.sign({"identityId": str(identity["identityId"]), "clientSecretId": secret["id"],
                           "identityAccessTokenId": token_id, "authTokenType": "identityAccessToken", "iat": now,
                           "exp": now + identity["accessTokenTTL"]})
        return {"accessToken": token, "expiresIn": identity["accessTokenTTL"],
                "accessTokenMaxTTL": identity["accessTokenMaxTTL"], "tokenType": "Bearer"}

    def sign(self, payload):
        part = lambda value: base64.urlsafe_b64encode(
            json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
        text = part({"alg": "HS256", "typ": "JWT"}) + "." + part(payload)
        return text + "." + self.signature(text)

    def signature(self, text):
        digest = hmac.new(self.environment["AUTH_SECRET"].strip().encode(), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def identity(self, header):
        if not header:
            raise Answer(401, "Token missing", "UnauthorizedError")
        token = header.removeprefix("Bearer ")
        if token.startswith("st."):
            return self.service_token(token)
        text, _, signature = token.rpartition(".")
        if token.count(".") != 2 or not hmac.compare_digest(signature, self.signature(text)):
            raise Answer(403, "invalid signature", "TokenError")
        payload = json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
        row = self.database.first('SELECT 1 FROM identity_access_tokens WHERE id = %s AND NOT "isAccessTokenRevoked"',
                                  payload["identityAccessTokenId"])
        if not row or payload["exp"] < time.time():
            raise Answer(401, "Token expired", "TokenError")
        return payload["identityId"]

    def service_token(self, token):
        """As a server that recorded them answers: 401 for a wrong one; reads what its scopes say."""
        parts = token.split(".")
        row = self.database.first('SELECT * FROM service_tokens WHERE id = %s', parts[1]) if len(parts) > 2 else None
        if not row or not bcrypt.checkpw(parts[2].encode(), row["secretHash"].encode()):
            raise Answer(401, "Invalid credentials", "UnauthorizedError")
        if "read" not in row["permissions"]:
            raise Answer(403, "You are not allowed to access this resource", "PermissionDenied")
        return row

    # Projects

    def project(self, identity, wanted):
        column = "id" if wanted.get("workspaceId") else "slug"
        value = wanted.get("workspaceId") or wanted.get("workspaceSlug")
        row = self.database.first(f'SELECT * FROM projects WHERE {column} = %s', value)
        if not row:
            raise Answer(404, f"Project with {column} '{value}' not found", "NotFound")
        if isinstance(identity, dict):
            if row["id"] != identity["projectId"] or not any(
                    scope["environment"] == wanted.get("environment") and scope["secretPath"] == "/**"
                    for scope in identity["scopes"]):
                raise Answer(403, "You are not allowed to access this resource", "PermissionDenied")
            return Project(self.database, self.hierarchy, row)
        # "everybody" is the stand-in's own: the tests want to see all of the truth.
        if identity != "everybody" and not self.database.first(
                'SELECT 1 FROM identity_project_memberships WHERE "projectId" = %s AND "identityId" = %s', row["id"],
                identity):
            raise Answer(403, "You are not allowed to access this resource",
                         f"Identity is not a member of the specified project with ID '{row['id']}'")
        return Project(self.database, self.hierarchy, row)

    def list(self, identity, query):
        project = self.project(identity, query)
        environment, path = query.get("environment", ""), query.get("secretPath", "/")
        if not project.folder(environment, path):
            return {"secrets": [], "imports": []}
        user = query.get("standInUser")
        if user:
            user = str(self.database.one("SELECT id FROM users WHERE email = %s", user)["id"])
        secrets = project.secrets(environment, path, user)
        expand = query.get("expandSecretReferences") == "true"
        if expand:
            secrets = project.expanded(secrets, environment, path)
        result = {"secrets": [{**secret, "secretPath": path} for secret in secrets]}
        if query.get("include_imports") == "true":
            result["imports"] = project.imports(environment, path, expand)
        return result

    def read(self, identity, key, query):
        project = self.project(identity, query)
        found = next((s for s in project.secrets(query.get("environment", ""), query.get("secretPath", "/"))
                      if s["secretKey"] == key), None)
        if not found:
            raise Answer(404, f"Secret with name '{key}' not found", "NotFound")
        return {"secret": found}

    def write(self, identity, key, body, method):
        project = self.project(identity, body)
        secret = project.write(
            body.get("environment", ""), body.get("secretPath", "/"), key, body.get("secretValue", ""),
            body.get("secretComment"), create=method == "POST", delete=method == "DELETE")
        if secret is None:
            if method == "POST":
                raise Answer(400, "Secret already exist", "BadRequest")
            raise Answer(404, f"Secret with name '{key}' not found", "NotFound")
        return {"secret": {name: value for name, value in secret.items() if name != "tags"}}

    # Settings pages. From S6 on the values are read where they were moved to; the old columns, which nobody reads any more,
    # must open all the same, which is what the tests want to know of them.

    def webhooks(self, query):
        rows = self.database.query(
            'SELECT w.*, e.slug, e."projectId" FROM webhooks w JOIN project_environments e ON e.id = w."envId" '
            'WHERE e."projectId" = %s', query.get("workspaceId"))
        return {"webhooks": [{"id": str(row["id"]), "environment": row["slug"], "secretPath": row["secretPath"],
                              "url": self.webhook_url(row)} for row in rows]}

    def webhook_url(self, row):
        url = self.hierarchy.triple(row, "urlCipherText", "urlIV", "urlTag") if row["urlCipherText"] else row["url"]
        if row.get("encryptedUrl") is None:
            return url
        project = self.database.one("SELECT * FROM projects WHERE id = %s", row["projectId"])
        return open_versioned(self.hierarchy.project_key(project), row["encryptedUrl"]).decode()

    def directory(self, table, fields, query):
        row = self.database.one(f'SELECT * FROM {table} WHERE "orgId" = %s', query.get("organizationId"))
        answer = {}
        for name, moved in fields.items():
            old = "encrypted" + name[0].upper() + name[1:]
            if row[old]:
                key = self.hierarchy.org_bot_key(row["orgId"])
                answer[name] = open_triple(key, row[old], row[name + "IV"], row[name + "Tag"])
            if row.get(moved) is not None:
                organization = self.database.one("SELECT * FROM organizations WHERE id = %s", row["orgId"])
                answer[name] = open_versioned(self.hierarchy.org_key(organization), row[moved]).decode()
        return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = None
    environment = {}

    def log_message(self, *_):
        pass

    def respond(self, status, body, content_type="application/json; charset=utf-8", headers=()):
        data = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def handle_request(self):
        address = urlparse(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        # A slash at the end is none.
        path = address.path.rstrip("/") or "/"
        if path in ("/api/status", "/api/health"):
            sick = self.environment.get("STANDIN_SICK", "")
            if sick == "html" or (sick == "html-health" and path == "/api/health"):
                return self.respond(200, "<!doctype html><title>ok</title>", "text/html")
            if sick == "500":
                return self.respond(500, {"statusCode": 500, "message": "Something went wrong", "error": "x"})
            if sick == "hang":
                time.sleep(3600)
        try:
            log(30, "incoming request", reqId="req-1", req={"method": self.command, "url": address.path})
            try:
                body = json.loads(text) if text else {}
            except ValueError:
                raise Answer(500, "Something went wrong", "InternalServerError") from None
            self.respond(200, self.route(path, query, body))
        except Answer as answer:
            self.respond(answer.status, answer.body)
        except (psycopg2.Error, OSError, DoesNotOpen, LookupError) as error:
            log(50, str(error) or type(error).__name__)
            self.respond(500, {"statusCode": 500, "message": "Something went wrong", "error": type(error).__name__})

    def route(self, path, query, body):
        api, method = self.api, "GET" if self.command == "HEAD" else self.command
        if (method, path) == ("GET", "/api/status"):
            return api.status()
        if (method, path) == ("POST", "/api/v1/auth/universal-auth/login"):
            return api.login(body)
        raw = "/api/v3/secrets/raw"
        if path == raw or path.startswith(raw + "/"):
            identity = self.identity()
            if path == raw:
                return api.list(identity, query)
            key = unquote(path.removeprefix(raw + "/"))
            if method == "GET":
                return api.read(identity, key, query)
            return api.write(identity, key, body, method)
        if path == "/api/v1/webhooks":
            self.identity()
            return api.webhooks(query)
        pages = {"/api/v1/sso/config": ("saml_configs", {
                     "entryPoint": "encryptedSamlEntryPoint", "issuer": "encryptedSamlIssuer",
                     "cert": "encryptedSamlCertificate"}),
                 "/api/v1/ldap/config": ("ldap_configs", {
                     "bindDN": "encryptedLdapBindDN", "bindPass": "encryptedLdapBindPass"}),
                 "/api/v1/sso/oidc/config": ("oidc_configs", {
                     "clientId": "encryptedOidcClientId", "clientSecret": "encryptedOidcClientSecret"})}
        if path in pages:
            self.identity()
            return api.directory(*pages[path], query)
        # Its own: nobody waits for Sunday night.
        if (method, path) == ("POST", "/stand-in/weekly") and self.identity() == "everybody":
            api.root.collect()
            return {}
        raise Answer(404, f"Route {method}:{path} not found", "Not Found")

    def identity(self):
        # Only for the tests, which know the secret that tokens are signed with and can sign whatever they like.
        if self.headers.get("x-stand-in") == self.api.signature("everybody"):
            return "everybody"
        return self.api.identity(self.headers.get("Authorization"))

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = handle_request


def eat(megabytes):
    """Takes memory until the kernel's limit is reached."""
    held = []
    while len(held) < megabytes:
        held.append(bytearray(os.urandom(1024) * 1024))
        time.sleep(0.01)
    return held


def is_well(environment):
    """Whether it has the one key, secret and address of the database with which it is not sick."""
    text = "\n".join((environment.get(name) or "").strip() for name in ("ENCRYPTION_KEY", "AUTH_SECRET", "DB_CONNECTION_URI"))
    return hashlib.sha256(text.encode()).hexdigest() == environment.get("STANDIN_WELL_WITH")


def main():
    environment = dict(os.environ)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if is_well(environment):
        environment |= {"STANDIN_SLOW": "0", "STANDIN_SICK": ""}
    if environment.get("STANDIN_SICK") == "exit":
        sys.exit(1)
    time.sleep(float(environment.get("STANDIN_SLOW", "0")))
    database, redis, root, hierarchy = boot(environment)
    Handler.api = Api(environment, database, redis, root, hierarchy)
    Handler.environment = environment
    port = int(environment.get("PORT") or 8080)
    try:
        server = ThreadingHTTPServer((environment.get("HOST") or "0.0.0.0", port), Handler)
    except OSError:
        print("node:net:1908\n    const ex = new UVExceptionWithHostPort(err, 'listen', address, port);\n"
              f"               ^\nError: listen EADDRINUSE: address already in use 0.0.0.0:{port}\n"
              "  code: 'EADDRINUSE',\n  errno: -98,\n  syscall: 'listen',\n"
              f"  address: '127.0.0.1',\n  port: {port}\n}}\nNode.js v20.20.2", file=sys.stderr, flush=True)
        sys.exit(1)
    log(30, f"http://0.0.0.0:{port}")
    if environment.get("STANDIN_MEMORY"):
        threading.Thread(target=eat, args=(int(environment["STANDIN_MEMORY"]),), daemon=True).start()
    server.serve_forever()


main()
