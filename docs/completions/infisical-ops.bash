# bash completion for infisical-ops, made from its command declarations

# Offers those lines of standard input that start with $1.
_infisical_ops_offer() {
    local word quoted
    while IFS= read -r word; do
        [[ -n $word && $word == "$1"* ]] || continue
        printf -v quoted %q "$word"
        COMPREPLY+=("$quoted")
    done
}

# Offers the paths that start with $1; $2 is -f for files, -d for folders.
_infisical_ops_paths() {
    local word
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "$2" -- "$1")
}

# Offers values that start with $2, for $1: command and option, or command and place of the argument.
_infisical_ops_values() {
    case $1 in
    *:--config) _infisical_ops_paths "$2" -f ;;
    *:--wait) : ;;
    init:--recipient) : ;;
    init:--signer) : ;;
    init:--identity-file) _infisical_ops_paths "$2" -f ;;
    init:--repository) _infisical_ops_paths "$2" -d ;;
    status:--max-age) : ;;
    status:--max-unverified) : ;;
    status:--max-drill-age) : ;;
    backup:--jobs | backup:-j) : ;;
    backup:--compression-level) : ;;
    backup:--tag) : ;;
    list:--last) : ;;
    list:--tag) : ;;
    show:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    diff:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    diff:1) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    verify:--level) _infisical_ops_offer "$2" < <(printf '%s\n' stored readable) ;;
    verify:--sample) : ;;
    verify:--identity-file) _infisical_ops_paths "$2" -f ;;
    verify:--jobs | verify:-j) : ;;
    verify:*) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    drill:--level) _infisical_ops_offer "$2" < <(printf '%s\n' restored equal decrypts boots) ;;
    drill:--on) _infisical_ops_offer "$2" < <(printf '%s\n' local docker) ;;
    drill:--backend-image) : ;;
    drill:--database-image) : ;;
    drill:--redis-image) : ;;
    drill:--identity-file) _infisical_ops_paths "$2" -f ;;
    drill:--key-file) _infisical_ops_paths "$2" -f ;;
    drill:--jobs | drill:-j) : ;;
    drill:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    census:--identity-file) _infisical_ops_paths "$2" -f ;;
    census:--key-file) _infisical_ops_paths "$2" -f ;;
    census:--jobs | census:-j) : ;;
    census:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    export:--project) : ;;
    export:--env) : ;;
    export:--path) : ;;
    export:--format) _infisical_ops_offer "$2" < <(printf '%s\n' dotenv dotenv-export docker systemd json yaml csv) ;;
    export:--from) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    export:--max-age) : ;;
    export:--output | export:-o) _infisical_ops_paths "$2" -f ;;
    export:--user) : ;;
    export:--tags) : ;;
    export:--identity-file) _infisical_ops_paths "$2" -f ;;
    export:--key-file) _infisical_ops_paths "$2" -f ;;
    restore:--to-database) : ;;
    restore:--to-server) : ;;
    restore:--files) _infisical_ops_paths "$2" -d ;;
    restore:--table) : ;;
    restore:--role) _infisical_ops_offer "$2" < <(printf '%s\n' main audit-logs) ;;
    restore:--locale) : ;;
    restore:--jobs | restore:-j) : ;;
    restore:--identity-file) _infisical_ops_paths "$2" -f ;;
    restore:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    recover:--repository) _infisical_ops_paths "$2" -d ;;
    recover:--signer) : ;;
    recover:--identity-file) _infisical_ops_paths "$2" -f ;;
    recover:--into) _infisical_ops_paths "$2" -d ;;
    recover:--locale) : ;;
    recover:--jobs | recover:-j) : ;;
    recover:--timeout) : ;;
    recover:0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    repair:--from) _infisical_ops_paths "$2" -d ;;
    repair:--identity-file) _infisical_ops_paths "$2" -f ;;
    'keys generate':--kind) _infisical_ops_offer "$2" < <(printf '%s\n' encryption-key root-encryption-key auth-secret postgres-password) ;;
    'keys label':--key-file) _infisical_ops_paths "$2" -f ;;
    'keys check':--key-file) _infisical_ops_paths "$2" -f ;;
    'keys check':0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    'keys escrow':--to) : ;;
    'keys escrow':--passphrase-file) _infisical_ops_paths "$2" -f ;;
    'keys escrow':--identity-file) _infisical_ops_paths "$2" -f ;;
    'keys escrow':--output | 'keys escrow':-o) _infisical_ops_paths "$2" -f ;;
    'keys escrow':0) _infisical_ops_offer "$2" < <(printf '%s\n' verify) ;;
    'keys escrow':1) _infisical_ops_paths "$2" -f ;;
    'keys retire':0) : ;;
    'keys write':--to) _infisical_ops_paths "$2" -f ;;
    'keys write':--kind) _infisical_ops_offer "$2" < <(printf '%s\n' encryption-key root-encryption-key auth-secret postgres-password) ;;
    'rotate encryption-key':--depth) _infisical_ops_offer "$2" < <(printf '%s\n' full deep rekey native) ;;
    'rotate encryption-key':--only) _infisical_ops_offer "$2" < <(printf '%s\n' encryption-key root-encryption-key) ;;
    'rotate encryption-key':--new-key-file) _infisical_ops_paths "$2" -f ;;
    'rotate encryption-key':--old-key-file) _infisical_ops_paths "$2" -f ;;
    'rotate encryption-key':--leave-unreadable) _infisical_ops_paths "$2" -f ;;
    'rotate encryption-key':--stored-copies) _infisical_ops_offer "$2" < <(printf '%s\n' list update remove) ;;
    'rotate encryption-key':--stored-copy) : ;;
    'rotate encryption-key':--timeout) : ;;
    'rotate auth-secret':--new-key-file) _infisical_ops_paths "$2" -f ;;
    'rotate auth-secret':--stored-copies) _infisical_ops_offer "$2" < <(printf '%s\n' list update remove) ;;
    'rotate auth-secret':--stored-copy) : ;;
    'rotate auth-secret':--timeout) : ;;
    'rotate database-password':--new-key-file) _infisical_ops_paths "$2" -f ;;
    'rotate database-password':--stored-copies) _infisical_ops_offer "$2" < <(printf '%s\n' list update remove) ;;
    'rotate database-password':--stored-copy) : ;;
    'rotate database-password':--timeout) : ;;
    'rotate resume':--identity-file) _infisical_ops_paths "$2" -f ;;
    'rotate resume':--timeout) : ;;
    'rotate rollback':--identity-file) _infisical_ops_paths "$2" -f ;;
    'rotate rollback':--timeout) : ;;
    'repository recipients':--identity-file) _infisical_ops_paths "$2" -f ;;
    'repository recipients':*) : ;;
    'repository accept':0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    'repository reject':0) _infisical_ops_offer "$2" < <("${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    health:--interval) : ;;
    restart:--service) _infisical_ops_offer "$2" < <(printf '%s\n' backend redis db all) ;;
    restart:--timeout) : ;;
    logs:--since) : ;;
    logs:--tail) : ;;
    *) ;;
    esac
}

_infisical_ops() {
    local current=${COMP_WORDS[COMP_CWORD]} place='' pending='' ended='' prefix='' word index operands=0
    local -a commands=() options=()
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -n $pending ]]; then
            [[ $word == = ]] || pending=''
        elif [[ -n $ended ]]; then
            operands=$((operands + 1))
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == -* ]]; then
            case $place:$word in
            *:--config | *:--wait | init:--recipient | init:--signer | init:--identity-file | init:--repository | status:--max-age | status:--max-unverified | status:--max-drill-age | backup:--jobs | backup:-j | backup:--compression-level | backup:--tag | list:--last | list:--tag | verify:--level | verify:--sample | verify:--identity-file | verify:--jobs | verify:-j | drill:--level | drill:--on | drill:--backend-image | drill:--database-image | drill:--redis-image | drill:--identity-file | drill:--key-file | drill:--jobs | drill:-j | census:--identity-file | census:--key-file | census:--jobs | census:-j | export:--project | export:--env | export:--path | export:--format | export:--from | export:--max-age | export:--output | export:-o | export:--user | export:--tags | export:--identity-file | export:--key-file | restore:--to-database | restore:--to-server | restore:--files | restore:--table | restore:--role | restore:--locale | restore:--jobs | restore:-j | restore:--identity-file | recover:--repository | recover:--signer | recover:--identity-file | recover:--into | recover:--locale | recover:--jobs | recover:-j | recover:--timeout | repair:--from | repair:--identity-file | 'keys generate':--kind | 'keys label':--key-file | 'keys check':--key-file | 'keys escrow':--to | 'keys escrow':--passphrase-file | 'keys escrow':--identity-file | 'keys escrow':--output | 'keys escrow':-o | 'keys write':--to | 'keys write':--kind | 'rotate encryption-key':--depth | 'rotate encryption-key':--only | 'rotate encryption-key':--new-key-file | 'rotate encryption-key':--old-key-file | 'rotate encryption-key':--leave-unreadable | 'rotate encryption-key':--stored-copies | 'rotate encryption-key':--stored-copy | 'rotate encryption-key':--timeout | 'rotate auth-secret':--new-key-file | 'rotate auth-secret':--stored-copies | 'rotate auth-secret':--stored-copy | 'rotate auth-secret':--timeout | 'rotate database-password':--new-key-file | 'rotate database-password':--stored-copies | 'rotate database-password':--stored-copy | 'rotate database-password':--timeout | 'rotate resume':--identity-file | 'rotate resume':--timeout | 'rotate rollback':--identity-file | 'rotate rollback':--timeout | 'repository recipients':--identity-file | health:--interval | restart:--service | restart:--timeout | logs:--since | logs:--tail) pending=$word ;;
            *) ;;
            esac
        else
            case ${place:+$place }$word in
            init | config | 'config show' | 'config check' | schedule | 'schedule show' | 'schedule install' | 'schedule remove' | status | backup | list | show | diff | verify | drill | census | export | restore | recover | repair | keys | 'keys generate' | 'keys label' | 'keys check' | 'keys ledger' | 'keys escrow' | 'keys retire' | 'keys write' | rotate | 'rotate encryption-key' | 'rotate auth-secret' | 'rotate database-password' | 'rotate status' | 'rotate resume' | 'rotate rollback' | repository | 'repository recipients' | 'repository rekey' | 'repository accept' | 'repository reject' | health | restart | logs) place=${place:+$place }$word ;;
            *) operands=$((operands + 1)) ;;
            esac
        fi
    done
    [[ $current != = ]] || current=''
    if [[ -z $pending && -z $ended && $current == --*=* ]]; then
        pending=${current%%=*}
        prefix=$pending=
        current=${current#*=}
    fi
    case $place in
    '') commands=(init config schedule status backup list show diff verify drill census export restore recover repair keys rotate repository health restart logs) options=(--version --config --json --quiet --no-color --wait --help) ;;
    init) commands=() options=(--recipient --adopt --signer --identity-file --repository --no-configuration --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    config) commands=(show check) options=(--config --json --quiet --no-color --wait --help) ;;
    'config show') commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    'config check') commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    schedule) commands=(show install remove) options=(--config --json --quiet --no-color --wait --help) ;;
    'schedule show') commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    'schedule install') commands=() options=(--cron --systemd --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'schedule remove') commands=() options=(--cron --systemd --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    status) commands=() options=(--max-age --max-unverified --max-drill-age --config --json --quiet --no-color --wait --help) ;;
    backup) commands=() options=(--jobs --compression-level --tag --dry-run --config --json --quiet --no-color --wait --help) ;;
    list) commands=() options=(--last --tag --config --json --quiet --no-color --wait --help) ;;
    show) commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    diff) commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    verify) commands=() options=(--all --level --sample --identity-file --jobs --config --json --quiet --no-color --wait --help) ;;
    drill) commands=() options=(--level --all-levels --on --backend-image --database-image --redis-image --keep --schedule --identity-file --key-file --jobs --config --json --quiet --no-color --wait --help) ;;
    census) commands=() options=(--live --identity-file --key-file --jobs --config --json --quiet --no-color --wait --help) ;;
    export) commands=() options=(--project --env --path --recursive --format --compatible --from --max-age --output --allow-empty --list --user --tags --no-expand --no-imports --versions --identity-file --key-file --yes --config --json --quiet --no-color --wait --help) ;;
    restore) commands=() options=(--to-database --to-server --in-place --undo --keep-redis --other-instance --files --table --role --no-owner --create-roles --strict --locale --jobs --identity-file --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    recover) commands=() options=(--repository --signer --identity-file --into --overwrite --keep-existing --keep-keys --locale --jobs --timeout --rehearse --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    repair) commands=() options=(--from --identity-file --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    keys) commands=(generate label check ledger escrow retire write) options=(--config --json --quiet --no-color --wait --help) ;;
    'keys generate') commands=() options=(--kind --fips --show --config --json --quiet --no-color --wait --help) ;;
    'keys label') commands=() options=(--key-file --config --json --quiet --no-color --wait --help) ;;
    'keys check') commands=() options=(--key-file --config --json --quiet --no-color --wait --help) ;;
    'keys ledger') commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    'keys escrow') commands=() options=(--to --passphrase --passphrase-file --identity-file --output --config --json --quiet --no-color --wait --help) ;;
    'keys retire') commands=() options=(--revoke --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'keys write') commands=() options=(--to --new --kind --fips --config --json --quiet --no-color --wait --help) ;;
    rotate) commands=(encryption-key auth-secret database-password status resume rollback) options=(--config --json --quiet --no-color --wait --help) ;;
    'rotate encryption-key') commands=() options=(--depth --only --new-key-file --old-key-file --leave-unreadable --replace-staged --untried-era --require-verification --stored-copies --stored-copy --rehearse --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'rotate auth-secret') commands=() options=(--new-key-file --stored-copies --stored-copy --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'rotate database-password') commands=() options=(--new-key-file --stored-copies --stored-copy --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'rotate status') commands=() options=(--config --json --quiet --no-color --wait --help) ;;
    'rotate resume') commands=() options=(--from-repository --identity-file --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'rotate rollback') commands=() options=(--from-repository --identity-file --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    repository) commands=(recipients rekey accept reject) options=(--config --json --quiet --no-color --wait --help) ;;
    'repository recipients') commands=() options=(--identity-file --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'repository rekey') commands=() options=(--dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'repository accept') commands=() options=(--revoke --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    'repository reject') commands=() options=(--revoke --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    health) commands=() options=(--watch --interval --config --json --quiet --no-color --wait --help) ;;
    restart) commands=() options=(--recreate --service --timeout --dry-run --yes --config --json --quiet --no-color --wait --help) ;;
    logs) commands=() options=(--since --tail --config --json --quiet --no-color --wait --help) ;;
    *) ;;
    esac
    if [[ -n $pending ]]; then
        _infisical_ops_values "$place:$pending" "$current"
        COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
    elif [[ -z $ended && $current == -* ]]; then
        _infisical_ops_offer "$current" < <(printf '%s\n' "${options[@]}")
    elif ((${#commands[@]})); then
        _infisical_ops_offer "$current" < <(printf '%s\n' "${commands[@]}")
    else
        _infisical_ops_values "$place:$operands" "$current"
        if [[ -z $ended && -z $current ]] && ((${#COMPREPLY[@]} == 0)); then
            _infisical_ops_offer '' < <(printf '%s\n' "${options[@]}")
        fi
    fi
}

complete -F _infisical_ops infisical-ops
