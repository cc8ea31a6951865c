#!/usr/bin/env bash
# Restores a backup of this repository without infisical-ops. Written by @VERSION@.
# It needs age, zstd, jq, ssh-keygen and psql. RECOVER.md, beside it, explains each step.
set -euo pipefail
umask 077

usage() {
    cat <<'END'
usage: recover.sh --identity FILE --signer FINGERPRINT --database NAME [ID|latest]
       recover.sh --identity FILE --signer FINGERPRINT --files DIR [ID|latest]

  --identity FILE       age identity that opens the repository (AGE-SECRET-KEY-1...)
  --signer FINGERPRINT  fingerprint on the recovery sheet (SHA256:...); never take it from the repository
  --database NAME       make this database and restore into it; PGHOST, PGUSER, ... say on which server
  --files DIR           put the kept env and compose files into this folder
  --locale LOCALE       for a server that lacks the backup's locale: take this one, such as C.UTF-8
  --role ROLE           which database of the backup: main (default) or audit-logs
  --repository DIR      the repository; default: the folder of this script
END
}

say() { printf 'recover.sh: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

identity='' signer='' database='' files='' locale='' role=main wanted=latest
repository=$(dirname "${BASH_SOURCE[0]}")
while [ $# -gt 0 ]; do
    case $1 in
        --identity | --signer | --database | --files | --locale | --role | --repository)
            [ $# -ge 2 ] || { usage >&2; exit 64; }
            printf -v "${1#--}" '%s' "$2"; shift 2 ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; exit 64 ;;
        *) wanted=$1; shift ;;
    esac
done
if [ -z "$identity" ] || [ -z "$signer" ] || { [ -z "$database" ] && [ -z "$files" ]; }; then usage >&2; exit 64; fi

needed='age age-keygen zstd jq ssh-keygen sha256sum base64'
[ -z "$database" ] || needed="$needed psql"
for program in $needed; do
    command -v "$program" >/dev/null || die "$program is missing; on Debian: apt-get install age zstd jq openssh-client postgresql-client"
done
[ -r "$identity" ] || die "the identity $identity cannot be read"
# Paths are meant as seen from where the script was called.
identity=$(realpath -- "$identity")
repository=$(realpath -- "$repository")
if [ -n "$files" ]; then
    files=$(realpath -m -- "$files")
    case $files/ in "$repository"/*) die "--files $files lies in the repository, which is copied to other places" ;; esac
fi
cd "$repository"
[ -f repository.json ] || die "$repository is not a repository"
[ "$(jq -r .format repository.json)" = 1 ] || die "this script knows format 1 only"

scratch=$(mktemp -d)
unfinished=''
finish() {
    [ -z "$unfinished" ] || say "the database $unfinished is not whole; drop it before another try"
    rm -rf "$scratch"
}
trap finish EXIT

# 1. The signers that count: the one given, and those that it introduced.
signed_by_trusted() { # NAMESPACE SIGNATURE, the signed bytes on standard input
    ssh-keygen -Y verify -f "$scratch/trusted" -I infisical-ops -n "$1" -s "$2" >/dev/null 2>&1
}
: >"$scratch/trusted"
number=0
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [ -n "$line" ] || continue
    fingerprint=$(printf '%s\n' "${line#* }" | ssh-keygen -lf - 2>/dev/null | cut -d' ' -f2) || continue
    if [ "$fingerprint" = "$signer" ]; then
        printf '%s\n' "$line" >>"$scratch/trusted"
    elif [ -s "$scratch/trusted" ] && [ -f "keys/introduction-$number.sig" ] &&
        printf '%s' "$line" | signed_by_trusted infisical-ops-signer "keys/introduction-$number.sig"; then
        printf '%s\n' "$line" >>"$scratch/trusted"
    fi
done <keys/allowed_signers
[ -s "$scratch/trusted" ] || die "no key in keys/allowed_signers has the fingerprint $signer"

# 2. The manifests whose signature holds; all of them say which bytes a chunk may have.
mkdir "$scratch/manifests"
for manifest in backups/*.json; do
    [ -f "$manifest" ] || continue
    name=${manifest#backups/}
    cp "$manifest" "$scratch/candidate"
    if [ -f "$manifest.sig" ] && signed_by_trusted infisical-ops-manifest "$manifest.sig" <"$scratch/candidate"; then
        if [ "$(jq -r '.repository + "/" + .id + ".json"' "$scratch/candidate")" != "$(jq -r .id repository.json)/$name" ]; then
            say "warning: $manifest is the manifest of another backup or repository; it is ignored"
            continue
        fi
        mv "$scratch/candidate" "$scratch/manifests/$name"
        jq -r '.chunks | to_entries[] | "\(.key) \(.value.sha256)"' "$scratch/manifests/$name" >>"$scratch/accepted"
    else
        say "warning: the signature of $manifest does not hold; it is ignored"
    fi
done
[ -s "$scratch/accepted" ] || die "there is no backup with a signature that holds"
sort -u -o "$scratch/accepted" "$scratch/accepted"

# 3. The backup: the end of the chain, or the one that was asked for.
if [ "$wanted" = latest ]; then
    chosen=$(for m in "$scratch"/manifests/*.json; do jq -r '"\(.sequence) \(.id)"' "$m"; done | sort -n | tail -n 1 | cut -d' ' -f2)
else
    chosen=$(for m in "$scratch"/manifests/"$wanted"*.json; do [ ! -f "$m" ] || jq -r .id "$m"; done)
    [ -n "$chosen" ] || die "there is no backup $wanted with a signature that holds"
    [ "$(wc -l <<<"$chosen")" = 1 ] || die "$wanted is the beginning of several backups: $(tr '\n' ' ' <<<"$chosen")"
fi
manifest=$scratch/manifests/$chosen.json
say "backup $chosen, made $(jq -r .finished "$manifest") by $(jq -r .program "$manifest")"

# 4. The kept files.
if [ -n "$files" ]; then
    [ "$(jq -r '.escrow != null' "$manifest")" = true ] || die "this backup has no kept files"
    escrow=escrow/$chosen.age
    [ -f "$escrow" ] || die "$escrow is missing"
    cp "$escrow" "$scratch/escrow.age"
    [ "$(sha256sum <"$scratch/escrow.age" | cut -d' ' -f1)" = "$(jq -r .escrow.sha256 "$manifest")" ] || die "$escrow was changed"
    mkdir -p "$files"
    document=$(age --decrypt -i "$identity" "$scratch/escrow.age") || die "the identity does not open $escrow"
    count=$(jq '.files | length' <<<"$document")
    for ((i = 0; i < count; i++)); do
        name=$(jq -r ".files[$i].name" <<<"$document")
        case $name in */* | . | .. | '') die "the escrow names a file \"$name\"" ;; esac
        [ ! -e "$files/$name" ] || die "$files/$name exists; nothing is overwritten"
        jq -r ".files[$i].content" <<<"$document" | base64 -d >"$files/$name"
        chmod 600 "$files/$name"
        say "$files/$name (was $(jq -r ".files[$i].path" <<<"$document"))"
    done
    unset document
fi
[ -n "$database" ] || exit 0

# 5. Every chunk of the database must have bytes that a signed manifest names, before any of them is used.
db=".databases[] | select(.role == \"$role\")"
[ -n "$(jq -r "$db | .name" "$manifest")" ] || die "this backup has no database with the role $role"
jq -r "$db | .schema.preData[], .schema.postData[], (.tables[].ranges[][])" "$manifest" | sort -u >"$scratch/named"
declare -A accepted
while read -r name sum; do accepted[$name$sum]=1; done <"$scratch/accepted"
# Copies a chunk to where nobody else can change it, and compares the copy.
fetch() { # NAME
    local file=chunks/${1:0:2}/$1.zst.age sum
    [ -f "$file" ] || die "$file is missing"
    cp "$file" "$scratch/chunk"
    sum=$(sha256sum <"$scratch/chunk")
    [ "${accepted[$1${sum%% *}]:-}" ] || die "$file was changed"
}
while IFS= read -r name; do fetch "$name"; done <"$scratch/named"
say "$(wc -l <"$scratch/named") chunks have the recorded bytes"

# 6. The repository's own identity, which opens the chunks: the one whose public half the signed manifest names.
generation=$(jq -r .key.generation "$manifest")
jq -r .key.identity "$manifest" >"$scratch/identity.age"
key=''
for sealed in "keys/identity-$generation.age" "$scratch/identity.age"; do
    [ -f "$sealed" ] || continue
    candidate=$(age --decrypt -i "$identity" "$sealed" 2>/dev/null) || continue
    if [ "$(age-keygen -y <<<"$candidate" 2>/dev/null)" = "$(jq -r .key.recipient "$manifest")" ]; then
        key=$candidate
        break
    fi
done
unset candidate
[ -n "$key" ] || die "the identity does not open this repository"
content() { # chunk names on standard input; their content, one after the other
    while IFS= read -r name; do
        fetch "$name"
        age --decrypt -i <(printf '%s\n' "$key") "$scratch/chunk" | zstd -dcq
    done
}

# 7. The database.
# Names are UTF-8; streams have the database's encoding, which is set in one message with their COPY.
encoding=$(jq -r "$db | .server.encoding" "$manifest")
export PGCLIENTENCODING=UTF8
change=''
case $encoding in
    UTF8) ;;
    SQL_ASCII) PGCLIENTENCODING=SQL_ASCII ;;
    *) change="SET client_encoding TO '$encoding'; " ;;
esac
export PGOPTIONS='-c search_path= -c row_security=off -c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c xmloption=content -c lc_monetary=C -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0'
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
if [ -z "$locale" ]; then
    collate=$(jq -r "$db | .server.collate" "$manifest")
    ctype=$(jq -r "$db | .server.ctype" "$manifest")
    provider=$(jq -r "$db | .server.localeProvider // \"\"" "$manifest")
else
    collate=$locale ctype=$locale provider=''
fi
create='CREATE DATABASE :"name" TEMPLATE template0 ENCODING :'"'encoding' LC_COLLATE :'collate' LC_CTYPE :'ctype'"
[ -z "$provider" ] || create="$create LOCALE_PROVIDER $provider ${provider}_LOCALE :'locale'"
sql -d template1 -v name="$database" -v encoding="$encoding" -v collate="$collate" -v ctype="$ctype" \
    -v locale="$(jq -r "$db | .server.locale // \"\"" "$manifest")" <<<"$create;" ||
    die "the database $database was not made; where the server lacks the locale $collate, add --locale C.UTF-8"
unfinished=$database
export PGDATABASE=$database
say "database $database made; restoring the schema"
jq -r "$db | .schema.preData[]" "$manifest" | content | sql >/dev/null

tables=$(jq "$db | .tables | length" "$manifest")
for ((t = 0; t < tables; t++)); do
    table="$db | .tables[$t]"
    copy=$(jq -r "$table | .copy" "$manifest")
    ranges=$(jq "$table | .ranges | length" "$manifest")
    for ((r = 0; r < ranges; r++)); do
        jq -r "$table | .ranges[$r][]" "$manifest" | content | sql -c "$change$copy"
    done
done
say "$tables tables loaded"

# shellcheck disable=SC2016
quote='def ident: "\"" + gsub("\""; "\"\"") + "\""; def text: "'"'"'" + gsub("'"'"'"; "'"''"'") + "'"'"'";'
jq -r "$quote $db | .sequences[] | \"SELECT pg_catalog.setval(\" + ((.schema | ident) + \".\" + (.name | ident) | text) + \"::pg_catalog.regclass, \(.last), \(.called));\"" "$manifest" | sql >/dev/null
jq -r "$db | .schema.postData[]" "$manifest" | content | sql >/dev/null
jq -r "$quote $db | .materializedViews[] | select(.populated) | \"REFRESH MATERIALIZED VIEW \" + (.schema | ident) + \".\" + (.name | ident) + \";\"" "$manifest" | sql

# 8. What came back.
wrong=$(
    jq -r "$quote $db | .tables[] | \"SELECT \" + (.schema + \".\" + .name | text) + \" WHERE (SELECT count(*) FROM ONLY \" + (.schema | ident) + \".\" + (.name | ident) + \") <> \(.rows);\"" "$manifest" | sql -At
)
[ -z "$wrong" ] || die "these tables do not have the number of rows that the backup had: $wrong"
unfinished=''
say "done: database $database, $(jq "$db | [.tables[].rows] | add // 0" "$manifest") rows in $tables tables, as many as the backup had"
jq -r "$db | .leftOut[] | \"recover.sh: note: not in the backup: \(.kind) \(.name)\"" "$manifest" >&2
