#!/usr/bin/env bash
# Restores a backup of this repository without infisical-ops. Written by @VERSION@.
# It needs age, zstd, jq, ssh-keygen and psql. RECOVER.md, beside it, explains each step.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C # letters, digits and lengths are bytes

usage() {
    cat <<'END'
usage: recover.sh --identity FILE --signer FINGERPRINT --database NAME [ID|latest]
       recover.sh --identity FILE --signer FINGERPRINT --files DIR [ID|latest]

  --identity FILE       age identity that opens the repository (AGE-SECRET-KEY-1...)
  --signer FINGERPRINT  fingerprint on the recovery sheet (SHA256:...); never take it from the repository
  --database NAME       create this database, on the server that PGHOST, PGPORT and PGUSER name, and restore into it
  --files DIR           put the escrow, the env and compose files of the instance, into this folder
  --locale LOCALE       for a server that lacks the backup's locale: take this one, such as C.UTF-8
  --role ROLE           which database of the backup: main (default) or audit-logs
  --strict              stop at the first object that the server refuses; without it, what no row needs is left out,
                        named with the server's reason, and the script ends with 2
  --repository DIR      the repository; default: the folder of this script

Without an ID the latest backup is taken. The ids are the names of the files in backups/, without .json.
END
}

# What others wrote may be in a message, so nothing that a terminal obeys is printed.
say() { printf 'recover.sh: %s' "$*" | tr '\000-\037\177' '?' >&2 && printf '\n' >&2; }
die() { say "error: $*"; exit 1; }
misused() { say "error: $*"; usage >&2; exit 64; }

identity='' signer='' database='' files='' locale='' role=main wanted='' strict=''
repository=$(dirname "${BASH_SOURCE[0]}")
while [ $# -gt 0 ]; do
    case $1 in
        --identity | --signer | --database | --files | --locale | --role | --repository)
            [ -n "${2:-}" ] || misused "$1 needs a value"
            printf -v "${1#--}" '%s' "$2"; shift 2 ;;
        --strict) strict=yes; shift ;;
        -h | --help) usage; exit 0 ;;
        -*) misused "there is no option $1" ;;
        *)
            [ -z "$wanted" ] || misused "one backup at a time: $wanted or $1"
            [[ $1 =~ ^(latest|[0-9TZa-f-]{1,25})$ ]] || misused "\"$1\" is neither the id of a backup, nor its beginning, nor latest"
            wanted=$1; shift ;;
    esac
done
wanted=${wanted:-latest}
[ -n "$identity" ] || misused '--identity is missing'
[ -n "$signer" ] || misused '--signer is missing'
[[ $signer =~ ^SHA256:[A-Za-z0-9+/]{43}$ ]] || misused "--signer takes SHA256: and 43 characters, not \"$signer\""
[ -n "$database$files" ] || misused '--database or --files is missing'
[ ${#database} -le 63 ] || misused 'the name of a PostgreSQL database has at most 63 bytes'

needed='age age-keygen zstd jq ssh-keygen sha256sum base64'
[ -z "$database" ] || needed="$needed psql"
for program in $needed; do
    command -v "$program" >/dev/null || die "$program is missing; on Debian: apt-get install age zstd jq openssh-client postgresql-client"
done
[ -e "$identity" ] || die "there is no identity $identity"
[ -f "$identity" ] || die "the identity $identity is not a regular file"
[ -r "$identity" ] || die "the identity $identity cannot be read"
# Paths are meant as seen from where the script was called.
identity=$(realpath -- "$identity")
repository=$(realpath -- "$repository")
if [ -n "$files" ]; then
    files=$(realpath -m -- "$files")
    case $files/ in "$repository"/*) die "--files $files is in the repository, and decrypted files must not get into its copies" ;; esac
fi
cd "$repository"
for folder in keys backups chunks escrow accepted; do
    [ ! -L "$folder" ] || die "$repository/$folder is a symbolic link; no folder of a repository may be one"
done

scratch=$(mktemp -d)
unfinished='' writer='' complete=''
finish() {
    local status=$?
    [ -z "$writer" ] || kill "$writer" 2>/dev/null || true
    [ -z "$unfinished" ] || say "the database $unfinished is not complete; drop it before trying again"
    rm -rf "$scratch"
    # psql and jq end with 2 when they fail; of this script 2 means that everything else is there.
    [ "$status" != 2 ] || [ -n "$complete" ] || exit 1
}
trap finish EXIT

# Every file of the repository is copied to where nobody else can change it, once, and only the copy is used. It must
# be a regular file of at most LIMIT bytes; what is wrong is then in $why.
why=''
take() { # FILE LIMIT COPY
    why="$1 is missing"
    [ -e "$1" ] || [ -L "$1" ] || return 1
    why="$1 is not a regular file"
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    why="$1 is longer than such a file can be"
    [ "$(stat -c %s -- "$1")" -le "$2" ] || return 1
    why="$1 cannot be read"
    # Something else may have come into its place by now: dd waits for no pipe, follows no link, and stops.
    dd if="$1" of="$3" iflag=nofollow,nonblock,fullblock,count_bytes count="$2" bs=1M status=none 2>/dev/null || return 1
    why=''
}

# Whether JSON has the form of the format: one line without white space, and no member twice. Of two members of one name
# jq takes the last and others take the first.
is_document() { # COMMAND... that prints it
    local members
    [ "$("$@" | tr -dc '\000-\037' | wc -c)" = 1 ] && [ "$("$@" | tail -c 1 | wc -l)" = 1 ] || return 1
    ! "$@" | grep -F '\u0000' >/dev/null || return 1
    members=$("$@" | jq -s 'if length == 1 then [.. | objects | length] | add else error end' 2>/dev/null) || return 1
    # What is left without strings and words: marks and whole numbers, and for each member one colon.
    "$@" | sed -E 's/"([^"\\]|\\.)*"//g; s/true|false|null//g' | tr -d '\n' >"$scratch/marks"
    [ "$(tr -dc ':' <"$scratch/marks" | wc -c)" = "$members" ] && ! grep -q '[^][{},:0-9-]' "$scratch/marks"
}

take repository.json 65536 "$scratch/repository.json" || die "$repository is not a repository: $why"
is_document cat "$scratch/repository.json" || die "repository.json is not the description of a repository"
[ "$(jq '.schema == "infisical-ops/repository" and .format == 1' "$scratch/repository.json")" = true ] || die "this script knows format 1 only"
own_id=$(jq -r '.id | tostring' "$scratch/repository.json")
[[ $own_id =~ ^[0-9a-f]{32}$ ]] || die "repository.json does not name the repository"

# 1. The signers that count: the one given, and those that it introduced. Other programs read these lines in ways of
# their own (quotes, options, tabs). So a line counts only in the one form that the format gives it, and ssh-keygen gets
# lines that are written here, from the key alone.
signed_by_trusted() { # NAMESPACE SIGNATURE, the signed bytes on standard input
    take "$2" 65536 "$scratch/signature" &&
        ssh-keygen -Y verify -f "$scratch/trusted" -I infisical-ops -n "$1" -s "$scratch/signature" >/dev/null 2>&1
}
take keys/allowed_signers 1048576 "$scratch/signers" || die "$why"
[ "$(tr -d '\n\040-\176' <"$scratch/signers" | wc -c)" = 0 ] || die "keys/allowed_signers contains characters that do not belong there"
: >"$scratch/trusted"
number=0
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [ -n "$line" ] || continue
    [[ $line =~ ^infisical-ops\ ssh-ed25519\ (AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43})(\ [A-Za-z0-9:._@+-]+)?$ ]] ||
        die "line $number of keys/allowed_signers is not a signer's line; replace it with an empty line, so that the others keep their numbers"
    public=${BASH_REMATCH[1]}
    [ "$(base64 -d <<<"$public" | base64 -w 0)" = "$public" ] || die "line $number of keys/allowed_signers contains no valid key"
    fingerprint=$(ssh-keygen -lf - <<<"ssh-ed25519 $public" | cut -d' ' -f2)
    if [ "$fingerprint" != "$signer" ]; then
        [ -s "$scratch/trusted" ] || continue
        printf '%s' "$line" | signed_by_trusted infisical-ops-signer "keys/introduction-$number.sig" || continue
    fi
    printf 'infisical-ops ssh-ed25519 %s\n' "$public" >>"$scratch/trusted"
done <"$scratch/signers"
[ -s "$scratch/trusted" ] || die "no key in keys/allowed_signers has the fingerprint $signer"

# 2. The manifests whose signature is valid; all of them say which bytes a chunk may have. What they say is checked for its
# form before any of it gets into a path, a pattern or SQL.
cat >"$scratch/names.jq" <<'END'
def ident: "\"" + (split("\"") | join("\"\"")) + "\"";
def text: "'" + (split("'") | join("''")) + "'";
def qualified: (.schema | ident) + "." + (.name | ident);
def hundreds: range(0; length; 100) as $i | .[$i:$i + 100];
END
cat >"$scratch/form.jq" <<'END'
include "names";
def matches(form): type == "string" and test("\\A(" + form + ")\\z");
def whole(least): type == "number" and . == floor and . >= least and . <= 9007199254740992;
def statement: "COPY " + qualified
    + (if .columns == [] then "" else " (" + (.columns | map(ident) | join(", ")) + ")" end)
    + " FROM STDIN" + (if .format == "binary" then " (FORMAT binary)" elif .format == "text" then "" else error end);
.schema == "infisical-ops/manifest/1" and .repository == $repository and .id + ".json" == $name
and (.sequence | whole(1)) and (.key.generation | whole(1))
and (.key.recipient | matches("age1[0-9a-z]+")) and (.key.identity | type == "string")
and (.escrow == null or (.escrow.sha256 | matches("[0-9a-f]{64}")))
and (.infisical == null or (.infisical | (.verdict | type == "string") and ((.keyLabel // "") | type == "string")
    and all(.keys[]; .outcome | type == "string")))
and ([.databases[].role] | length == (unique | length))
and all(.databases[]; (.role | matches("[a-z][a-z-]*"))
    and (.server.encoding | matches("[A-Z0-9_]+"))
    and (.server.localeProvider == null or (.server.localeProvider | matches("icu|builtin")))
    and all(.tables[]; .copy == statement and (.rows | whole(0)))
    and all(.sequences[]; (.last | matches("0|-?[1-9][0-9]{0,18}")) and (.value == null or .value == .last)
        and (.called | type == "boolean"))
    and all(.materializedViews[]; .populated | type == "boolean"))
END
mkdir "$scratch/manifests"
: >"$scratch/ignored"
: >"$scratch/followed"
# Looks at $scratch/candidate; what is wrong is then in $why.
is_manifest() { # NAME
    signed_by_trusted infisical-ops-manifest "backups/$1.sig" <"$scratch/candidate" ||
        { why="the signature of backups/$1 is not valid${why:+ ($why)}"; return 1; }
    why="backups/$1 does not have the form of a manifest"
    is_document cat "$scratch/candidate" || return 1
    [ "$(jq -r '"\(.repository)/\(.id).json"' "$scratch/candidate")" = "$own_id/$1" ] ||
        { why="backups/$1 is the manifest of another backup or repository"; return 1; }
    # jq rounds numbers above 2^53, so the positions of sequences become texts first. Inside of a string there is a
    # backslash before each quote, so this is a member and nothing else.
    sed -E 's/"last":(-?[0-9]+)([,}])/"last":"\1"\2/g' "$scratch/candidate" >"$scratch/manifest"
    jq -e -L "$scratch" --arg repository "$own_id" --arg name "$1" -f "$scratch/form.jq" "$scratch/manifest" >/dev/null 2>&1 || return 1
    jq -r '.chunks | to_entries[] | "\(.key) \(.value.sha256)"' "$scratch/manifest" >"$scratch/records"
    ! grep -qvxE '[0-9a-f]{64} [0-9a-f]{64}' "$scratch/records" || return 1
}
for manifest in backups/*.json; do
    name=${manifest#backups/}
    [[ $name =~ ^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\.json$ ]] || continue
    if take "$manifest" 1073741824 "$scratch/candidate" && is_manifest "$name"; then
        mv "$scratch/manifest" "$scratch/manifests/$name"
        cat "$scratch/records" >>"$scratch/accepted"
        sum=$(sha256sum <"$scratch/candidate")
        jq -r --arg sum "${sum%% *}" '"\(.sequence) \(.id) \($sum)"' "$scratch/manifests/$name" >>"$scratch/order"
        jq -r '(.previous.id? // empty | strings) + ".json"' "$scratch/manifests/$name" >>"$scratch/followed"
    else
        say "warning: $why; it is ignored"
        printf '%s\n' "$name" >>"$scratch/ignored"
    fi
done
[ -s "$scratch/accepted" ] || die "there is no backup with a valid signature"
sort -u -o "$scratch/accepted" "$scratch/accepted"
sort -k 1,1n -k 2,2 -o "$scratch/order" "$scratch/order"

# What was said of each: the latest document counts, of two in the same second the one that lets less count. One whose
# signature is not valid counts for nothing.
: >"$scratch/said"
: >"$scratch/own"
for document in accepted/*.json; do
    take "$document" 65536 "$scratch/candidate" || continue
    is_document cat "$scratch/candidate" || continue
    signed_by_trusted infisical-ops-acceptance "$document.sig" <"$scratch/candidate" || continue
    jq -r --arg repository "$own_id" '
        select(.schema == "infisical-ops/acceptance/1" and .repository == $repository
            and ([.backup, .manifest, .time] | all(type == "string" and test("\\A[0-9A-Za-z:-]+\\z"))))
        | "\(.backup) \(.manifest) \(.time) \(if .rejected == true then 2 elif .accepted == true then 0 else 1 end)"
        ' "$scratch/candidate" >>"$scratch/said" 2>/dev/null || true
done
declare -A verdict
while read -r id sum _ rank; do verdict[$id$sum]=$rank; done < <(LC_ALL=C sort "$scratch/said")
is_rejected() { [ "${verdict[$1$2]:-0}" = 2 ]; } # ID SHA-256
while read -r _ id sum; do
    is_rejected "$id" "$sum" || printf '%s\n' "$id" >>"$scratch/own"
done <"$scratch/order"

# 3. The backup: the end of the chain without those that are not of this instance, or the one that was asked for.
if [ "$wanted" = latest ]; then
    [ -s "$scratch/own" ] || die "every backup was rejected, as not of this instance; to restore one all the same, give its id"
    chosen=$(tail -n 1 "$scratch/own")
    # One that is ignored may have been the latest, unless a valid one was taken after it: which one is wanted then is for a
    # person to say.
    ! grep -qvxFf "$scratch/followed" "$scratch/ignored" || die "which backup is the latest is not certain, see the warnings; the newest valid one is $chosen: give this id to restore it"
else
    chosen=$(cut -d' ' -f2 "$scratch/order" | grep -- "^$wanted" || true)
    [ -n "$chosen" ] || die "there is no backup $wanted with a valid signature"
    [ "$(wc -l <<<"$chosen")" = 1 ] || die "$wanted is the beginning of several backups: ${chosen//$'\n'/ }"
    grep -qxF -- "$chosen" "$scratch/own" 2>/dev/null || say "warning: this backup was rejected, as not of this instance"
fi
manifest=$scratch/manifests/$chosen.json
say "backup $chosen, finished at $(jq -r .finished "$manifest"), written by $(jq -r .program "$manifest")"
[ "$(jq -r '.shrunk != null' "$manifest")" = false ] ||
    say "warning: when it was taken, this backup lacked something: $(jq -r '.shrunk | join(", ")' "$manifest"); one that did not: $(jq -r '.comparedWith.id // "none"' "$manifest")"

# Whether the key that opens the data lies in the escrow: it may be elsewhere, or have opened nothing.
cat >"$scratch/key.jq" <<'END'
def kept: . as $record | any(.keys[]; .outcome == "opens" and .label == $record.keyLabel);
def opened: .escrow != null and .infisical.verdict == "opens" and (.infisical | kept);
END
key_state=$(jq -r -L "$scratch" 'include "key"; if .infisical == null then "none" elif opened then "kept"
    elif .infisical.keyElsewhere == true then "elsewhere" elif .escrow == null then "no escrow"
    elif .infisical.verdict == "opens" then "not in it" else .infisical.verdict end' "$manifest")
key_label=$(jq -r '.infisical.keyLabel // ""' "$manifest")
ending=0 # 2 where something that is named is left
case $key_state in
    none) ;;
    kept)
        [ -z "$database" ] ||
            say "this data needs the key with the label $key_label, which is in the escrow of this backup (--files)" ;;
    *)
        # A rotation gave later backups another key, so one with the same label comes first.
        better='' best=''
        while read -r name; do
            label=$(jq -r -L "$scratch" --argjson of "$(jq .infisical.instance "$manifest")" 'include "key";
                if opened and (.infisical.instance == $of or .infisical.instance == null or $of == null) then .infisical.keyLabel else "" end' "$scratch/manifests/$name.json")
            [ -z "$label" ] || { best=$name best_label=$label; [ "$label" != "$key_label" ] || better=$name; }
        done <"$scratch/own"
        case $key_state in
            elsewhere) said='the key of this data was deliberately kept elsewhere when this backup was taken, and is not in its escrow' ;;
            'no escrow' | 'not in it') said='the key of this data is not kept in this backup' ;;
            'not checked') said='whether a key in the escrow of this backup opens its data was not tried when it was taken' ;;
            *) said='no key in the escrow of this backup opened all of its data when it was taken' ;;
        esac
        if [ -z "$key_label" ]; then
            said="$said; which key it needs is not known"
        else
            said="$said; it needs the key with the label $key_label"
        fi
        if [ -n "$better" ]; then
            said="$said; the newest backup that keeps this key: $better"
        elif [ -n "$best" ]; then
            said="$said; the newest backup with a key that opened everything: $best (label $best_label)"
        else
            said="$said; no other backup here keeps a key that opened everything"
        fi
        # Whoever only wants the files, and meant the key to be elsewhere, misses nothing.
        if [ "$key_state" = elsewhere ] && [ -z "$database" ]; then
            say "note: $said"
        else
            say "warning: $said"
            ending=2
        fi ;;
esac

# 4. The escrow.
if [ -n "$files" ]; then
    [ "$(jq '.escrow != null' "$manifest")" = true ] || die "this backup has no escrow"
    escrow=escrow/$chosen.age
    take "$escrow" 16777216 "$scratch/escrow.age" || die "$why"
    [ "$(sha256sum <"$scratch/escrow.age" | cut -d' ' -f1)" = "$(jq -r .escrow.sha256 "$manifest")" ] || die "$escrow was changed"
    document=$(age --decrypt -i "$identity" "$scratch/escrow.age") || die "the identity does not open $escrow"
    # By pipe: what bash is given with <<< may go through a file.
    print_document() { printf '%s\n' "$document"; }
    member() { print_document | jq -r "$@"; }
    is_document print_document || die "$escrow is not an escrow"
    [ "$(member '[.files[].name] | length == (unique | length) and all(.[]; (contains("/") | not) and . != "" and . != "." and . != "..")')" = true ] ||
        die "$escrow names files that cannot be put into a folder"
    count=$(member '.files | length')
    for ((i = 0; i < count; i++)); do
        name=$(member ".files[$i].name")
        if [ -e "$files/$name" ] || [ -L "$files/$name" ]; then die "$files/$name exists; nothing is overwritten"; fi
    done
    mkdir -p "$files"
    for ((i = 0; i < count; i++)); do
        name=$(member ".files[$i].name")
        set -o noclobber
        member ".files[$i].content" | base64 -d >"$files/$name"
        set +o noclobber
        chmod 600 "$files/$name"
        say "$files/$name (was $(member ".files[$i].path"))"
    done
    unset document
fi
[ -n "$database" ] || { complete=yes; exit "$ending"; }

# 5. The repository's own identity, which opens the chunks: the one whose public half the signed manifest names.
generation=$(jq -r .key.generation "$manifest")
jq -r .key.identity "$manifest" >"$scratch/identity.age"
key=''
for sealed in "keys/identity-$generation.age" "$scratch/identity.age"; do
    take "$sealed" 1048576 "$scratch/sealed" || continue
    candidate=$(age --decrypt -i "$identity" "$scratch/sealed" 2>/dev/null | grep -v '^#') || continue
    # One native key, so that age does what this script expects of it and starts no plugin.
    [[ $candidate =~ ^AGE-SECRET-KEY-1[0-9A-Z]{58}$ ]] || continue
    if [ "$(printf '%s\n' "$candidate" | age-keygen -y 2>/dev/null)" = "$(jq -r .key.recipient "$manifest")" ]; then
        key=$candidate
        break
    fi
done
unset candidate
[ -n "$key" ] || die "the identity does not open this repository"

# 6. Every chunk of the database must have bytes that a signed manifest names, before any of them is used.
db=$scratch/database.json
jq --arg role "$role" '.databases[] | select(.role == $role)' "$manifest" >"$db"
[ -s "$db" ] || die "this backup has no database with the role $role"
jq -r '.schema.preData[], .schema.postData[], (.tables[].ranges[][])' "$db" | sort -u >"$scratch/named"
! grep -qvxE '[0-9a-f]{64}' "$scratch/named" || die "the manifest names a chunk that cannot be one"
declare -A accepted
while read -r name sum; do accepted[$name$sum]=1; done <"$scratch/accepted"
fetch() { # NAME, into $scratch/chunk
    local file=chunks/${1:0:2}/$1.zst.age sum
    [ ! -L "chunks/${1:0:2}" ] || die "chunks/${1:0:2} is a symbolic link; no folder of a repository may be one"
    take "$file" 8388608 "$scratch/chunk" || die "$why"
    sum=$(sha256sum <"$scratch/chunk")
    [ "${accepted[$1${sum%% *}]:-}" ] || die "$file was changed"
}
while IFS= read -r name; do fetch "$name"; done <"$scratch/named"
# The others are those of the archive of the schema, which only the program reads, and of other databases.
say "all $(wc -l <"$scratch/named") chunks that this needs are intact (the backup has $(jq '.chunks | length' "$manifest"))"
content() { # chunk names on standard input; their content, one after the other
    while IFS= read -r name; do
        fetch "$name"
        age --decrypt -i <(printf '%s\n' "$key") "$scratch/chunk" | zstd -dcq || exit 1
    done
}

# 7. The database.
# Names are UTF-8; streams have the database's encoding, which is set in one message with their COPY.
encoding=$(jq -r .server.encoding "$db")
export PGCLIENTENCODING=UTF8
change=''
case $encoding in
    UTF8) ;;
    SQL_ASCII) PGCLIENTENCODING=SQL_ASCII ;;
    *) change="SET client_encoding TO '$encoding'; " ;;
esac
export PGOPTIONS='-c search_path= -c row_security=off -c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c xmloption=content -c lc_monetary=C -c standard_conforming_strings=on -c array_nulls=on -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c synchronous_commit=off'
# Nothing is durable before the whole is there, which is what the last statement is for.
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
# Views, functions and comments are written by whoever may change the source, and psql obeys a backslash in SQL: \! runs
# a program. In its restricted mode, which only ends with a word that nobody can guess, it does not. The lines before
# take away what psql would put in place of :HOST and the like.
safe_sql() { # SQL on standard input; options of psql
    if [ -z "$restricts" ]; then sql "$@"; return; fi
    {
        printf '\\unset %s\n' DBNAME ENCODING HOST PORT SERVER_VERSION_NAME SERVER_VERSION_NUM USER VERSION VERSION_NAME VERSION_NUM
        printf '\\restrict %s\n' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
        cat
    } | sql "$@"
}

# Rows come first: an object that the server refuses by a code of the object itself is left out and named. A full disk, a
# lost session and whatever psql itself complains of are failures all the same.
# The parts of the server that deal with files call a folder that they may not enter a lack of rights.
storage='(fd|md|smgr|bufmgr|storage|tablespace|copydir|relmapper|dbcommands|file_utils|varsup|multixact|slru|xlog)[.]c'
objects_sql() { # SQL on standard input
    local said=$scratch/answer line code reason object
    if [ -n "$strict" ]; then safe_sql >/dev/null; return; fi
    # Only the titles of the entries are kept, for naming what failed; psql counts lines from where it begins to read.
    # A warning may have the code of an error, so the server is not to send any.
    if ! awk -v titles="$scratch/titles" '
            BEGIN { printf "" >titles }
            NR <= 20 && $0 == "SET client_min_messages = warning;" { $0 = "SET client_min_messages = error;" }
            { print }
            /^-- Name: / { print NR ":" $0 >titles }
            END { close(titles) }' |
        PGOPTIONS="$PGOPTIONS -c client_min_messages=error" safe_sql -v ON_ERROR_STOP=0 -v VERBOSITY=verbose -f - >/dev/null 2>"$said" ||
        grep -qE '^psql:<stdin>:[0-9]+: (error|fatal):|^psql: ' "$said" ||
        grep -qE "^LOCATION: +[^,]*, $storage:" "$said" ||
        [ -n "$(sed -nE 's/^psql:<stdin>:[0-9]+: [^:]*:  ([0-9A-Z]{5}): (.*)/\1 \2/p' "$said" |
            awk '/^55P03/ || !/^(0A|21|22|23|2F|38|39|3F|42|44|54|55|P0)/ && !/^58P01 .*(extension|library|[$]libdir)/')" ]; then
        cat "$said" >&2
        return 1
    fi
    # Data may be in what the server says of a value.
    sed -nE -e 's/^psql:<stdin>:([0-9]+): [^:]*:  ([0-9A-Z]{5}): (.*)/\1 \2 \3/' -e T -e '/^[0-9]+ 22/s/"[^"]*"/"..."/g' -e p "$said" >"$scratch/refused"
    while read -r line code reason; do
        line=$((line - preamble))
        object=$(awk -F: -v line="$line" '$1 + 0 <= line' "$scratch/titles" | tail -n 1 |
            sed -nE 's/^[0-9]+:-- Name: (.*); Type: ([^;]*); Schema: .*/\2 \1/p')
        say "left out: ${object:+$object: }$reason ($code)"
        echo >>"$scratch/losses"
    done <"$scratch/refused"
}
sql -d template1 -At -c 'SELECT 1' >/dev/null ||
    die "no server could be reached, see above; PGHOST, PGPORT, PGUSER and PGPASSWORD say where to connect, and as whom"
restricts=yes preamble=11 # lines that safe_sql writes before
if ! sql -d template1 -c '\restrict word' >/dev/null 2>&1; then
    # Without a backslash in it, SQL is nothing but SQL for every psql.
    restricts='' preamble=0
    backslashes=$(jq -r '.schema.preData[], .schema.postData[]' "$db" | content | tr -dc '\134' | wc -c)
    [ "$backslashes" = 0 ] || die "this schema contains backslashes, which could make $(psql --version) run programs here; install a psql that knows \\restrict (13.22, 14.19, 15.14, 16.10, 17.6 or newer), or restore with infisical-ops"
fi
exists() { die "the database $database exists already, and nothing is overwritten: choose another name, or drop it"; }
[ -z "$(sql -d template1 -At -v name="$database" <<<"SELECT 1 FROM pg_catalog.pg_database WHERE datname = :'name';")" ] || exists

if [ -z "$locale" ]; then
    collate=$(jq -r .server.collate "$db")
    ctype=$(jq -r .server.ctype "$db")
    provider=$(jq -r '.server.localeProvider // ""' "$db")
else
    collate=$locale ctype=$locale provider=''
fi
create='CREATE DATABASE :"name" TEMPLATE template0 ENCODING :'"'encoding' LC_COLLATE :'collate' LC_CTYPE :'ctype'"
[ -z "$provider" ] || create="$create LOCALE_PROVIDER $provider ${provider}_LOCALE :'locale'"
if ! sql -d template1 -v VERBOSITY=verbose -v name="$database" -v encoding="$encoding" -v collate="$collate" \
    -v ctype="$ctype" -v locale="$(jq -r '.server.locale // ""' "$db")" <<<"$create;" 2>"$scratch/answer"; then
    cat "$scratch/answer" >&2
    # The words may be in any language; the code is not.
    case $(sed -nE 's/^[^:]*:  ([0-9A-Z]{5}): .*/\1/p' "$scratch/answer" | head -n 1) in
        42P04) exists ;;
        42501) die "this role may not create databases; PGUSER names the one to use" ;;
        42809 | 22023 | 42704) die "the server lacks the locale $collate or cannot use it with $encoding; add --locale C.UTF-8, or another one that it has" ;;
        *) die "the database $database was not created, see above" ;;
    esac
fi
unfinished=$database
export PGDATABASE=$database
say "database $database created; restoring the schema"
jq -r '.schema.preData[]' "$db" | content | objects_sql

# One line for each range of rows: its statement, in base 64 because a name may be of several lines, and its chunks.
jq -r '.tables[] | (.copy | @base64) as $copy | .ranges[] | "\($copy) \(join(" "))"' "$db" >"$scratch/ranges"
# A hundred ranges to one session: psql reads a file for each, which is a pipe that gets the statement and its rows. In
# the restricted mode nothing that comes behind the rows could be a command of psql.
load() { # lines of ranges on standard input
    local lines=() options=() statement chunks index
    mapfile -t lines
    for index in "${!lines[@]}"; do
        rm -f "$scratch/range-$index"
        mkfifo "$scratch/range-$index"
        options+=(-f "$scratch/range-$index")
    done
    write_ranges "${lines[@]}" &
    writer=$!
    if ! sql "${options[@]}" >/dev/null; then
        kill "$writer" 2>/dev/null || true
        die 'rows could not be loaded, see above'
    fi
    wait "$writer" || die 'rows could not be read, see above'
    writer=''
}
write_ranges() { # lines of ranges
    local index=0 line
    trap - EXIT # the parent's
    for line in "$@"; do
        {
            # Once for the session. What fails in here does not end the script by itself.
            { [ "$index" != 0 ] || printf '\\restrict %s\n' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"; } &&
                base64 -d <<<"${line%% *}" && printf ';\n' && tr ' ' '\n' <<<"${line#* }" | content
        } >"$scratch/range-$index" || break
        index=$((index + 1))
    done
    [ "$index" != $# ] || return 0
    # psql takes this for an error, and stops.
    index=$((index + 1))
    [ "$index" = $# ] || printf '\\stop\n' >"$scratch/range-$index"
    return 1
}
if [ -n "$restricts" ] && [ -z "$change" ]; then
    while mapfile -t -n 100 some && [ ${#some[@]} -gt 0 ]; do
        printf '%s\n' "${some[@]}" >"$scratch/some"
        load <"$scratch/some"
    done <"$scratch/ranges"
else
    while read -r statement chunks; do
        # psql looks for its own commands in what it reads, not in what -c gives it.
        # An argument's failure would end nothing.
        copy=$(base64 -d <<<"$statement") || die 'a statement could not be read, see above'
        tr ' ' '\n' <<<"$chunks" | content | sql -c "$change$copy"
    done <"$scratch/ranges"
fi
tables=$(jq '.tables | length' "$db")
say "$tables tables loaded"

jq -r -L "$scratch" 'include "names"; .sequences[] | "SELECT pg_catalog.setval(\(qualified | text)::pg_catalog.regclass, \(.last), \(.called));"' "$db" | objects_sql
jq -r '.schema.postData[]' "$db" | content | objects_sql
jq -r -L "$scratch" 'include "names"; .materializedViews[] | select(.populated) | "REFRESH MATERIALIZED VIEW \(qualified);"' "$db" | objects_sql

# 8. What came back: a hundred tables to one statement.
absent=$(
    jq -r -L "$scratch" 'include "names"; .tables | to_entries | hundreds
        | "SELECT i FROM (VALUES " + (map("(\(.key), \(.value | qualified | text))") | join(", ")) + ") AS t (i, name) WHERE pg_catalog.to_regclass(name) IS NULL;"' "$db" |
        safe_sql -At | jq -sc .
)
[ "$(jq --argjson absent "$absent" '[.tables[$absent[]].rows] | add // 0' "$db")" = 0 ] || die 'tables that have rows are missing'
wrong=$(
    jq -r -L "$scratch" --argjson absent "$absent" 'include "names"; .tables | to_entries | map(select(.key | IN($absent[]) | not).value) | hundreds
        | map("SELECT \(.schema + "." + .name | text) WHERE (SELECT count(*) FROM ONLY \(qualified)) <> \(.rows)") | join(" UNION ALL ") + ";"' "$db" | safe_sql -At
)
[ -z "$wrong" ] || die "these tables do not have as many rows as the backup: $wrong"
# A transaction that is on the disk when it has ended, and with it all before.
sql -c "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_catalog.pg_logical_emit_message(true, 'recover.sh', ''); COMMIT" >/dev/null
unfinished=''
say "done: database $database, $(jq '[.tables[].rows] | add // 0' "$db") rows in $tables tables, as many as the backup had"
jq -r '.leftOut[] | "\(.kind) \(.name)" | @json' "$db" >"$scratch/left-out"
while IFS= read -r left; do say "warning: not in the backup: $left"; done <"$scratch/left-out"
[ ! -s "$scratch/left-out" ] || ending=2
if [ -s "$scratch/losses" ]; then
    say "$(wc -l <"$scratch/losses") statements were refused, and what they create was left out, see above; no row is missing"
    ending=2
fi
complete=yes
[ "$ending" = 0 ] || exit "$ending"
