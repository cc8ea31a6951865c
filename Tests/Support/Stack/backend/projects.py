"""Secrets of a project: read, written, with references and imports resolved (sections 5 and 6)."""
import os
import re

from keys import DoesNotOpen, open_triple, open_versioned, seal_versioned

REFERENCE = re.compile(r"\$\{([^}]*)\}")


class Project:
    def __init__(self, database, hierarchy, row):
        self.database = database
        self.row = row
        self.is_new = row["version"] == 3
        self.key = hierarchy.project_key(row) if self.is_new else hierarchy.bot_project_key(row["id"])
        self.folders = self._folders()

    def _folders(self):
        rows = self.database.query(
            'WITH RECURSIVE t AS (SELECT f.id, f."envId", \'/\'::text AS path, false AS reserved FROM secret_folders f '
            'WHERE f."parentId" IS NULL UNION ALL SELECT c.id, c."envId", CASE WHEN t.path = \'/\' THEN \'/\' || c.name '
            'ELSE t.path || \'/\' || c.name END, t.reserved OR COALESCE(c."isReserved", false) FROM secret_folders c '
            'JOIN t ON c."parentId" = t.id AND c."envId" = t."envId") '
            'SELECT t.id, t.path, e.slug, e.id AS env FROM t JOIN project_environments e ON e.id = t."envId" '
            'WHERE e."projectId" = %s', self.row["id"])
        return {(row["slug"], row["path"]): row for row in rows}

    def folder(self, environment, path):
        path = "/" + path.strip("/")
        return self.folders.get((environment, path))

    # Reading

    def secrets(self, environment, path, user=None):
        """The rows of one folder, opened, in the order of their ids; personal ones only of a user."""
        folder = self.folder(environment, path)
        if not folder:
            return []
        table = "secrets_v2" if self.is_new else "secrets"
        rows = self.database.query(
            f'SELECT * FROM {table} WHERE "folderId" = %s AND (type = \'shared\' OR "userId"::text = %s) ORDER BY id',
            folder["id"], user or "")
        tags = self._tags(folder["id"])
        return [self._opened(row, environment, tags.get(str(row["id"]), [])) for row in rows]

    def _opened(self, row, environment, tags):
        if self.is_new:
            text = lambda blob: open_versioned(self.key, blob).decode() if blob is not None else ""
            key, value, comment = row["key"], text(row["encryptedValue"]), text(row["encryptedComment"])
        else:
            field = lambda name: open_triple(self.key, row[name + "Ciphertext"], row[name + "IV"], row[name + "Tag"])
            key, value = field("secretKey"), field("secretValue")
            comment = field("secretComment") if row["secretCommentCiphertext"] else ""
        note, days = (("reminderNote", "reminderRepeatDays") if self.is_new
                      else ("secretReminderNote", "secretReminderRepeatDays"))
        stamp = lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
        return {
            "id": str(row["id"]), "_id": str(row["id"]), "workspace": self.row["id"], "environment": environment,
            "version": row["version"], "type": row["type"], "secretKey": key, "secretValue": value,
            "secretComment": comment, "secretReminderNote": row[note], "secretReminderRepeatDays": row[days],
            "skipMultilineEncoding": row["skipMultilineEncoding"], "metadata": row["metadata"],
            "createdAt": stamp(row["createdAt"]), "updatedAt": stamp(row["updatedAt"]), "tags": tags,
        }

    def _tags(self, folder):
        if not self.is_new:
            return {}  # servers of that time tell none in this listing
        rows = self.database.query(
            'SELECT j."secrets_v2Id" AS secret, t.id, t.slug, t.color FROM secret_v2_tag_junction j JOIN secret_tags t '
            'ON t.id = j."secret_tagsId" JOIN secrets_v2 s ON s.id = j."secrets_v2Id" WHERE s."folderId" = %s', folder)
        found = {}
        for row in rows:
            found.setdefault(str(row["secret"]), []).append(
                {"id": str(row["id"]), "slug": row["slug"], "color": row["color"], "name": row["slug"]})
        return found

    def versions(self, secret):
        """All earlier values of a secret of a version-3 project, oldest first."""
        rows = self.database.query(
            'SELECT version, key, "encryptedValue" FROM secret_versions_v2 WHERE "secretId" = %s ORDER BY version',
            secret)
        return [(row["key"], open_versioned(self.key, row["encryptedValue"]).decode()
                 if row["encryptedValue"] is not None else "") for row in rows]

    # References

    def expanded(self, secrets, environment, path):
        return [{**secret, "secretValue": self._expand(secret, environment, path)} for secret in secrets]

    def _expand(self, secret, environment, path):
        value = secret["secretValue"]
        result = self._resolve(value, environment, path, 0)
        if result != value and secret["skipMultilineEncoding"] and "\n" in result:
            return '"' + result.replace("\n", "\\n") + '"'
        return result

    def _resolve(self, value, environment, path, depth):
        limit = 10 if self.is_new else 5
        if depth > limit:
            return value

        def replaced(match):
            parts = match.group(1).split(".")
            if len(parts) == 1:
                where, folder = environment, path
            else:
                where, folder = parts[0], "/" + "/".join(parts[1:-1])
            target = next((s for s in self.secrets(where, folder)
                           if s["secretKey"] == parts[-1] and s["type"] == "shared"), None)
            if target is None or target["secretValue"] == "":
                return match.group(0) if self.is_new else ""
            return self._resolve(target["secretValue"], where, folder, depth + 1)

        return REFERENCE.sub(replaced, value)

    # Imports

    def imports(self, environment, path, expand=False):
        folder = self.folder(environment, path)
        if not folder:
            return []
        return self._imports_of(folder, set(), 0, expand)

    def _imports_of(self, folder, visited, depth, expand):
        rows = self.database.query(
            'SELECT i."importPath", e.slug FROM secret_imports i JOIN project_environments e ON e.id = i."importEnv" '
            'WHERE i."folderId" = %s AND NOT COALESCE(i."isReplication", false) ORDER BY i.position', folder["id"])
        result = []
        for row in rows:
            target = self.folder(row["slug"], row["importPath"])
            if not target or depth > 10 or (row["slug"], row["importPath"]) in visited:
                continue
            seen = visited | {(row["slug"], row["importPath"])}
            own = [s for s in self.secrets(row["slug"], row["importPath"]) if s["type"] == "shared"]
            if expand:
                own = self.expanded(own, row["slug"], row["importPath"])
            names = {s["secretKey"] for s in own}
            for nested in self._imports_of(target, seen, depth + 1, expand):
                for secret in nested["secrets"]:
                    if secret["secretKey"] not in names:
                        names.add(secret["secretKey"])
                        own.append(secret)
            kept = ("id", "_id", "environment", "version", "type", "secretKey", "secretValue", "secretComment",
                    "skipMultilineEncoding", "metadata")
            result.append({
                "secretPath": row["importPath"], "environment": row["slug"], "folderId": str(target["id"]),
                "secrets": [{**{name: secret[name] for name in kept}, "workspace": ""} for secret in own],
            })
        return result

    # Writing

    def write(self, environment, path, key, value=None, comment=None, create=False, delete=False):
        folder = self.folder(environment, path)
        existing = folder and next(
            (s for s in self.secrets(environment, path) if s["secretKey"] == key and s["type"] == "shared"), None)
        if not folder or bool(existing) == create:
            return None
        seal = lambda text: seal_versioned(self.key, text.encode(), os.urandom)
        if value is not None:
            # Space around a value is taken off, but for one line feed at its end.
            value = value.strip() + ("\n" if value.endswith("\n") else "")
        if not self.is_new:
            raise NotImplementedError("secrets of older projects are only read")
        if delete:
            self.database.query("DELETE FROM secrets_v2 WHERE id = %s", existing["id"])
            return existing
        if create:
            row = self.database.one(
                'INSERT INTO secrets_v2 (version, type, key, "encryptedValue", "encryptedComment", "folderId", '
                '"skipMultilineEncoding") VALUES (1, \'shared\', %s, %s, %s, %s, false) RETURNING *', key,
                seal(value), seal(comment or ""), folder["id"])
        else:
            row = self.database.one(
                'UPDATE secrets_v2 SET version = version + 1, "encryptedValue" = %s, "encryptedComment" = '
                'COALESCE(%s, "encryptedComment") WHERE id = %s RETURNING *',
                seal(value), None if comment is None else seal(comment), existing["id"])
        self.database.query(
            'INSERT INTO secret_versions_v2 (version, type, key, "encryptedValue", "encryptedComment", "secretId", '
            '"folderId", "envId") VALUES (%s, %s, %s, %s, %s, %s, %s, %s)', row["version"], row["type"], row["key"],
            row["encryptedValue"], row["encryptedComment"], row["id"], folder["id"], folder["env"])
        return self._opened(row, environment, [])


__all__ = ["DoesNotOpen", "Project"]
