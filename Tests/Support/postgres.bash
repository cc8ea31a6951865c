# shellcheck shell=bash
# For scripts that need a PostgreSQL server of their own: source it, then
#   server_start FOLDER [SETTING=VALUE...]   makes a cluster in FOLDER and starts it; sockets in FOLDER, no TCP
#   server_stop                              stops it
#   own_configuration FOLDER                 makes infisical-ops see an empty configuration, not this machine's
# server_start exports PGHOST and PGUSER. Also works as root, which PostgreSQL itself refuses: it then runs as postgres.

server_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
server_folder=

as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$server_folder" "$@"
    else
        "$@"
    fi
}

server_start() {
    server_folder=$1
    shift
    [ -x "$server_bin/initdb" ] || {
        echo 'no PostgreSQL server found below /usr/lib/postgresql: run scripts/setup' >&2
        return 1
    }
    mkdir -p "$server_folder"
    [ "$(id -u)" -ne 0 ] || chown postgres:postgres "$server_folder"
    if [ ! -e "$server_folder/data/PG_VERSION" ]; then
        as_server "$server_bin/initdb" -D "$server_folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
            --no-instructions >"$server_folder/initdb.log" 2>&1 </dev/null || {
            cat "$server_folder/initdb.log" >&2
            return 1
        }
    fi
    local options="-c listen_addresses='' -c unix_socket_directories='$server_folder'"
    local setting
    for setting in "$@"; do options+=" -c $setting"; done
    (cd "$server_folder" && as_server "$server_bin/pg_ctl" -D "$server_folder/data" -l "$server_folder/log" -w -s \
        -o "$options" start </dev/null >/dev/null) || {
        tail -20 "$server_folder/log" >&2
        return 1
    }
    export PGHOST=$server_folder PGUSER=postgres
    unset PGPORT PGPASSWORD PGDATABASE PGSERVICE
}

server_stop() {
    [ -z "$server_folder" ] || [ ! -e "$server_folder/data/postmaster.pid" ] ||
        (cd "$server_folder" && as_server "$server_bin/pg_ctl" -D "$server_folder/data" -m fast -w -s stop </dev/null)
}

own_configuration() {
    # Whatever runs in containers here is not the instance of a test.
    printf "instance:\n  containers: none\n" >"$1/infisical-ops.yaml"
    export INFISICAL_OPS_CONFIG=$1/infisical-ops.yaml
}
