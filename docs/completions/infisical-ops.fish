# fish completion for infisical-ops, made from its command declarations

# Prints the command before the cursor, and how many arguments it has.
function __infisical_ops_place
    set -l place ''
    set -l operands 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            if contains -- $word '--config' '--wait'; or contains -- "$place:$word" 'init:--recipient' 'init:--signer' 'init:--identity-file' 'init:--repository' 'status:--max-age' 'status:--max-unverified' 'status:--max-drill-age' 'backup:--jobs' 'backup:-j' 'backup:--compression-level' 'backup:--tag' 'list:--last' 'list:--tag' 'verify:--level' 'verify:--sample' 'verify:--identity-file' 'verify:--jobs' 'verify:-j' 'drill:--level' 'drill:--on' 'drill:--backend-image' 'drill:--database-image' 'drill:--redis-image' 'drill:--identity-file' 'drill:--key-file' 'drill:--jobs' 'drill:-j' 'census:--identity-file' 'census:--key-file' 'census:--jobs' 'census:-j' 'export:--project' 'export:--env' 'export:--path' 'export:--format' 'export:--from' 'export:--max-age' 'export:--output' 'export:-o' 'export:--user' 'export:--tags' 'export:--identity-file' 'export:--key-file' 'restore:--to-database' 'restore:--to-server' 'restore:--files' 'restore:--table' 'restore:--role' 'restore:--locale' 'restore:--jobs' 'restore:-j' 'restore:--identity-file' 'recover:--repository' 'recover:--signer' 'recover:--identity-file' 'recover:--into' 'recover:--locale' 'recover:--jobs' 'recover:-j' 'recover:--timeout' 'repair:--from' 'repair:--identity-file' 'keys generate:--kind' 'keys label:--key-file' 'keys check:--key-file' 'keys escrow:--to' 'keys escrow:--passphrase-file' 'keys escrow:--identity-file' 'keys escrow:--output' 'keys escrow:-o' 'keys write:--to' 'keys write:--kind' 'repository recipients:--identity-file' 'health:--interval' 'restart:--service' 'restart:--timeout' 'logs:--since' 'logs:--tail'
                set skip 1
            end
        else
            set -l next (string trim -- "$place $word")
            if contains -- $next 'init' 'config' 'config show' 'config check' 'status' 'backup' 'list' 'show' 'diff' 'verify' 'drill' 'census' 'export' 'restore' 'recover' 'repair' 'keys' 'keys generate' 'keys label' 'keys check' 'keys ledger' 'keys escrow' 'keys write' 'repository' 'repository recipients' 'repository rekey' 'repository accept' 'repository reject' 'health' 'restart' 'logs'
                set place $next
            else
                set operands (math $operands + 1)
            end
        end
    end
    echo $place
    echo $operands
end

# Prints what a command of the program prints.
function __infisical_ops_lines
    set -l program (commandline -opc)[1]
    $program $argv 2>/dev/null
end

# Whether the command before the cursor is $argv[1].
function __infisical_ops_at
    set -l found (__infisical_ops_place)
    test "$found[1]" = $argv[1]
end

# Whether the cursor is at argument $argv[2], counted from 0, of the command $argv[1].
function __infisical_ops_argument
    set -l found (__infisical_ops_place)
    test "$found[1]" = $argv[1]; and test "$found[2]" = $argv[2]
end

complete -c infisical-ops -f
complete -c infisical-ops -l config -r -F -d 'Configuration file to use'
complete -c infisical-ops -l json -d 'Print one JSON object instead of text'
complete -c infisical-ops -s q -l quiet -d 'Print nothing but errors, warnings, and what the command is there to show'
complete -c infisical-ops -l no-color -d 'Do not use colors; NO_COLOR has the same effect'
complete -c infisical-ops -l wait -r -d 'How long to wait, such as 30s or 1h, for a lock that another run holds; with health, for the instance to work'
complete -c infisical-ops -s h -l help -d 'Show this help'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a init -d 'Set up the repository, its keys and the configuration'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a config -d 'Show or check the configuration'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a status -d 'Are my backups fresh and proven?'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a backup -d 'Back up the database, and the files with the keys that open it'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a list -d 'List the backups, oldest first'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a show -d 'Show one backup: tables, rows, keys, proof'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a diff -d 'Compare two backups: tables, rows, schema'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a verify -d 'Check that backups are whole and can be read'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a drill -d 'Restore a backup into a scratch server, and prove what comes back'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a census -d 'Try every ciphertext of a database with its keys'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a export -d 'Write out secrets while Infisical does not answer'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a restore -d 'Restore a backup into a new database or in place, or its escrow into a folder'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a recover -d 'Bring a lost instance back on a new host, from the repository and the identity'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a repair -d 'Move damaged files aside, so that the next backup can replace them'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a keys -d 'Make, name and keep keys, and compare them with what backups need'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a repository -d 'Change who can read the backups, and which of them count'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a health -d 'Does the instance work now? Database, Redis and backend in sequence'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a restart -d 'Restart the containers in sequence; each must work before the next is started'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a logs -d 'Show the logs of the containers in one sequence; secrets are masked'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -l version -d 'Show the version'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l recipient -r -d 'Who can read the backups; without one, an identity is created on this host'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l adopt -d 'Take over an existing repository on this host, with its identity'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l signer -r -d 'With --adopt: the fingerprint on the recovery sheet'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l identity-file -r -F -d 'Where the identity is, or will be created; none keeps it off this host'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l repository -r -f -a '(__fish_complete_directories)' -d 'The folder of the repository'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l no-configuration -d 'Do not write a configuration file'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'config\'' -a show -d 'Print every value and its origin; secrets are masked'
complete -c infisical-ops -n '__infisical_ops_at \'config\'' -a check -d 'Validate the configuration, and report every problem with its place'
complete -c infisical-ops -n '__infisical_ops_at \'status\'' -l max-age -r -d 'End with 16 if the newest backup is older than this, such as 26h; for monitoring'
complete -c infisical-ops -n '__infisical_ops_at \'status\'' -l max-unverified -r -d 'End with 16 if the newest backup that verify found whole is older than this, or there is none'
complete -c infisical-ops -n '__infisical_ops_at \'status\'' -l max-drill-age -r -d 'End with 16 if the last drill that opened every ciphertext with the backup\'s own keys was longer ago, or there was none'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -s j -l jobs -r -d 'Number of parallel connections to the database'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -l compression-level -r -d 'Compression level of zstd'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -l tag -r -d 'A label to find the backup by'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -s n -l dry-run -d 'Check everything as the run does, also the key and the content; print the plan and what it would end with'
complete -c infisical-ops -n '__infisical_ops_at \'list\'' -l last -r -d 'Only the newest N backups'
complete -c infisical-ops -n '__infisical_ops_at \'list\'' -l tag -r -d 'Only backups with this tag; with several, only those that have all of them'
complete -c infisical-ops -n '__infisical_ops_argument \'show\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_argument \'diff\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_argument \'diff\' 1' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l all -d 'Check every backup'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l level -r -f -a 'stored readable' -d 'stored: sizes and hashes, needs no key'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l sample -r -d 'Check only a random share; this proves nothing about the rest'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -s j -l jobs -r -d 'Number of threads'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l level -r -f -a 'restored equal decrypts boots' -d 'restored: it restores, and all constraints and indexes hold'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l all-levels -d 'As far as this host can prove'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l on -r -f -a 'local docker' -d 'Where the scratch server runs'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l backend-image -r -d 'The image that Infisical is started from, where that is done in containers'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l database-image -r -d 'The image of a scratch server in a container'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l redis-image -r -d 'The image of Redis, where Infisical is started in containers'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l keep -d 'Leave the scratch server running, and print how to reach and remove it'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l schedule -d 'For timers and cron: print nothing when all is well'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -l key-file -r -F -d 'An env file with the key, instead of the one in the backup\'s escrow; what opens with it is proven as decrypts (key supplied)'
complete -c infisical-ops -n '__infisical_ops_at \'drill\'' -s j -l jobs -r -d 'Number of parallel connections'
complete -c infisical-ops -n '__infisical_ops_argument \'drill\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'census\'' -l live -d 'Try the live database instead of a backup'
complete -c infisical-ops -n '__infisical_ops_at \'census\'' -l identity-file -r -F -d 'The identity that reads the backup'
complete -c infisical-ops -n '__infisical_ops_at \'census\'' -l key-file -r -F -d 'An env file with the key, instead of the one in the backup\'s escrow, or of the instance\'s own'
complete -c infisical-ops -n '__infisical_ops_at \'census\'' -s j -l jobs -r -d 'Number of threads that read a backup'
complete -c infisical-ops -n '__infisical_ops_argument \'census\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l project -r -d 'The project: its id, slug or name'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l env -r -d 'The environment\'s slug'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l path -r -d 'The folder'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l recursive -d 'With the folders below'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l format -r -f -a 'dotenv dotenv-export docker systemd json yaml csv' -d 'dotenv, dotenv-export, docker, systemd, json, yaml or csv; each is read back exactly by its own readers'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l compatible -d 'Write dotenv byte by byte as Infisical\'s client does, or refuse where that would be broken'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l from -r -f -a '(__infisical_ops_lines \'list\' \'--ids\')' -d 'live, the id of a backup, latest, or auto: live, and where that cannot be read, the latest backup'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l max-age -r -d 'Refuse a backup that is older than this'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -s o -l output -r -F -d 'Replace this file when all is there; only its owner can read it'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l allow-empty -d 'With --output: replace a file with content also where there is no secret to write'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l list -d 'Show projects, environments, folders and how many secrets each has; no values'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l user -r -d 'Whose personal values win over shared ones'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l tags -r -d 'Only secrets with this tag'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l no-expand -d 'Leave references as they are written'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l no-imports -d 'Leave out what is imported'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l versions -d 'With earlier values of each secret; only the format json has them'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l identity-file -r -F -d 'The identity that reads the backup'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -l key-file -r -F -d 'An env file with the key, instead of the one that belongs to the data'
complete -c infisical-ops -n '__infisical_ops_at \'export\'' -s y -l yes -d 'Show secrets on a terminal'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l to-database -r -d 'Create this database and restore into it'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l to-server -r -d 'Address of another server, postgresql://user@host:port/database; --to-database overrides the name'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l in-place -d 'Replace the live database with the backup; the old one is kept under a dated name'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l undo -d 'With --in-place: bring back the database that was replaced last; after an undo, redo the restore'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l keep-redis -d 'With --in-place: do not empty Redis'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l other-instance -d 'With --in-place and --yes: replace the database of another instance than the backup\'s, too'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l files -r -f -a '(__fish_complete_directories)' -d 'Write the escrow of the backup, its env and compose files, to this folder'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l table -r -d 'Only the rows of this table, or of all its partitions; the others stay empty, and foreign keys are left out'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l role -r -f -a 'main audit-logs' -d 'Which database of the backup to restore'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l no-owner -d 'Restore as the connecting user; leave out grants, and policies of missing roles'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l create-roles -d 'Create missing roles first, without login'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l strict -d 'Fail, and keep nothing, if the server refuses any object of the backup'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l locale -r -d 'Locale of the new database, such as C.UTF-8, for a server that lacks the backup\'s'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s j -l jobs -r -d 'Number of parallel connections'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s n -l dry-run -d 'Check everything, print the plan, and stop'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'restore\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l repository -r -f -a '(__fish_complete_directories)' -d 'The folder of the repository, or of a copy of it'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l signer -r -d 'The fingerprint on the recovery sheet; nothing that others signed is used'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l into -r -f -a '(__fish_complete_directories)' -d 'The folder of the compose project'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l overwrite -d 'Replace files that are there with other content'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l keep-existing -d 'Go on with files that are there with other content'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l locale -r -d 'Locale of the new database, for a server that lacks the backup\'s'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -s j -l jobs -r -d 'Number of parallel connections'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l timeout -r -d 'How long each part may take to come up'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -l rehearse -d 'Do the same in a scratch folder and in containers without a network, measure it, and remove everything again'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -s n -l dry-run -d 'Check everything, print the plan, and stop'
complete -c infisical-ops -n '__infisical_ops_at \'recover\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'recover\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -l from -r -f -a '(__fish_complete_directories)' -d 'Another copy of the repository, to take undamaged files from'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a generate -d 'Make a new key, secret or password, and store it nowhere'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a label -d 'Name the keys in force, or those of a file, by their labels'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a check -d 'Say which backups the key opens, by its label'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a ledger -d 'List which backups need which key, and where that key is kept'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a escrow -d 'Make a printable kit with the keys in force, or open one again'
complete -c infisical-ops -n '__infisical_ops_at \'keys\'' -a write -d 'Write the keys in force, or a new one, into a file of their own'
complete -c infisical-ops -n '__infisical_ops_at \'keys generate\'' -l kind -r -f -a 'encryption-key root-encryption-key auth-secret postgres-password' -d 'What to make'
complete -c infisical-ops -n '__infisical_ops_at \'keys generate\'' -l fips -d 'Make an ENCRYPTION_KEY for FIPS mode; the other kinds are the same there'
complete -c infisical-ops -n '__infisical_ops_at \'keys generate\'' -l show -d 'Show the value on a terminal, or with --json'
complete -c infisical-ops -n '__infisical_ops_at \'keys label\'' -l key-file -r -F -d 'An env file with the key, instead of the instance\'s own'
complete -c infisical-ops -n '__infisical_ops_at \'keys check\'' -l key-file -r -F -d 'An env file with the key, instead of the instance\'s own'
complete -c infisical-ops -n '__infisical_ops_argument \'keys check\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'keys escrow\'' -l to -r -d 'Age public key (age1…) of whoever opens the kit; may be repeated'
complete -c infisical-ops -n '__infisical_ops_at \'keys escrow\'' -l passphrase -d 'Seal it with a passphrase, which is asked for'
complete -c infisical-ops -n '__infisical_ops_at \'keys escrow\'' -l passphrase-file -r -F -d 'The same with the passphrase in the first line of a file'
complete -c infisical-ops -n '__infisical_ops_at \'keys escrow\'' -l identity-file -r -F -d 'Identity that opens the kit'
complete -c infisical-ops -n '__infisical_ops_at \'keys escrow\'' -s o -l output -r -F -d 'Where the kit is written, 0600; a file that is there is not replaced'
complete -c infisical-ops -n '__infisical_ops_argument \'keys escrow\' 0' -f -a 'verify'
complete -c infisical-ops -n '__infisical_ops_argument \'keys escrow\' 1' -F
complete -c infisical-ops -n '__infisical_ops_at \'keys write\'' -l to -r -F -d 'The file to write; it must not exist'
complete -c infisical-ops -n '__infisical_ops_at \'keys write\'' -l new -d 'Write a new key, which nothing uses yet, instead of those in force'
complete -c infisical-ops -n '__infisical_ops_at \'keys write\'' -l kind -r -f -a 'encryption-key root-encryption-key auth-secret postgres-password' -d 'What to make'
complete -c infisical-ops -n '__infisical_ops_at \'keys write\'' -l fips -d 'Make an ENCRYPTION_KEY for FIPS mode; the other kinds are the same there'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a recipients -d 'Show or replace the recipients of the repository'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a rekey -d 'Start a new repository key; the next backup is full'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a accept -d 'Accept a backup that holds less than before, or revoke that'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a reject -d 'Leave out a backup that is not of this instance, or of no use, or revoke that'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'repository rekey\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository rekey\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -l revoke -d 'Revoke an acceptance'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'repository accept\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'repository reject\'' -l revoke -d 'Let the backup count again'
complete -c infisical-ops -n '__infisical_ops_at \'repository reject\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository reject\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'repository reject\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'health\'' -l watch -d 'Keep checking, and print a line whenever something changes'
complete -c infisical-ops -n '__infisical_ops_at \'health\'' -l interval -r -d 'Time between two checks of --watch'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l recreate -d 'Recreate the container with the current values of its env and compose files, from the same image'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l service -r -f -a 'backend redis db all' -d 'What to restart: backend, redis, db or all'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l timeout -r -d 'How long each part may take to come up'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'logs\'' -l since -r -d 'Only what was printed in this time, such as 10m'
complete -c infisical-ops -n '__infisical_ops_at \'logs\'' -l tail -r -d 'How many lines to show of each container, counted from the end'
