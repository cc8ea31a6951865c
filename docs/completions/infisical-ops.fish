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
            if contains -- $word '--config' '--wait'; or contains -- "$place:$word" 'init:--recipient' 'init:--signer' 'init:--identity-file' 'init:--repository' 'status:--max-age' 'status:--max-unverified' 'backup:--jobs' 'backup:-j' 'backup:--compression-level' 'backup:--tag' 'list:--last' 'list:--tag' 'verify:--level' 'verify:--sample' 'verify:--identity-file' 'verify:--jobs' 'verify:-j' 'restore:--to-database' 'restore:--to-server' 'restore:--files' 'restore:--table' 'restore:--role' 'restore:--locale' 'restore:--jobs' 'restore:-j' 'restore:--identity-file' 'repair:--from' 'repair:--identity-file' 'repository recipients:--identity-file' 'health:--interval' 'restart:--service' 'restart:--timeout' 'logs:--since' 'logs:--tail'
                set skip 1
            end
        else
            set -l next (string trim -- "$place $word")
            if contains -- $next 'init' 'config' 'config show' 'config check' 'status' 'backup' 'list' 'show' 'diff' 'verify' 'restore' 'repair' 'repository' 'repository recipients' 'repository rekey' 'repository accept' 'health' 'restart' 'logs'
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
complete -c infisical-ops -s q -l quiet -d 'Print nothing but errors and warnings'
complete -c infisical-ops -l no-color -d 'Never use colors; NO_COLOR does the same'
complete -c infisical-ops -l wait -r -d 'How long to wait, such as 30s or 1h: for a lock that another run holds; health waits until all works'
complete -c infisical-ops -s h -l help -d 'Show this help'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a init -d 'Set up the repository, its keys and the configuration'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a config -d 'Show or check the configuration'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a status -d 'Are my backups fresh and proven?'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a backup -d 'Take a backup of the database and of the files that open it'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a list -d 'List the backups, oldest first'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a show -d 'Show one backup: tables, rows, keys, proof'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a diff -d 'Show what differs between two backups: tables, rows, schema'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a verify -d 'Check that backups are whole and can be read'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a restore -d 'Restore a backup into a new database, in place, or its kept files into a folder'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a repair -d 'Move damage out of the way, so that the next backup writes it again'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a repository -d 'Change who can read the backups, and accept shrunk ones'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a health -d 'Does the instance work now? Database, Redis and backend in sequence'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a restart -d 'Restart the containers in sequence; each must work before the next'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -a logs -d 'What the containers printed, in the order of time; secrets are masked'
complete -c infisical-ops -n '__infisical_ops_at \'\'' -l version -d 'Show the version'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l recipient -r -d 'Who can read the backups; without one, an identity is made on this host'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l adopt -d 'Take over an existing repository on this host, with its identity'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l signer -r -d 'Fingerprint on the recovery sheet; for --adopt'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l identity-file -r -F -d 'Where the identity is, or is to be made; none keeps it off this host'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l repository -r -f -a '(__fish_complete_directories)' -d 'Folder of the repository'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -l no-configuration -d 'Do not write a configuration file'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'init\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'config\'' -a show -d 'Print every value with where it comes from; secrets are masked'
complete -c infisical-ops -n '__infisical_ops_at \'config\'' -a check -d 'Read and validate the configuration, and say every problem with its place'
complete -c infisical-ops -n '__infisical_ops_at \'status\'' -l max-age -r -d 'End with 16 when the newest backup is older, such as 26h; for monitoring'
complete -c infisical-ops -n '__infisical_ops_at \'status\'' -l max-unverified -r -d 'End with 16 when the newest backup that verify found whole is older, or none ever was'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -s j -l jobs -r -d 'Connections that read the database at once'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -l compression-level -r -d 'Compression level of zstd'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -l tag -r -d 'Something to find the backup by'
complete -c infisical-ops -n '__infisical_ops_at \'backup\'' -s n -l dry-run -d 'Check everything, print the plan, and stop'
complete -c infisical-ops -n '__infisical_ops_at \'list\'' -l last -r -d 'Only the newest N'
complete -c infisical-ops -n '__infisical_ops_at \'list\'' -l tag -r -d 'Only those with this tag; with several, those that have all'
complete -c infisical-ops -n '__infisical_ops_argument \'show\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_argument \'diff\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_argument \'diff\' 1' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l all -d 'Check every backup'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l level -r -f -a 'stored readable' -d 'stored: sizes and hashes, needs no key'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l sample -r -d 'Look at a random share only; this proves nothing about the rest'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -s j -l jobs -r -d 'Threads'
complete -c infisical-ops -n '__infisical_ops_at \'verify\'' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l to-database -r -d 'Make this database and restore into it'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l to-server -r -d 'postgresql:// address of another server; the path names the database unless --to-database does'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l in-place -d 'Put the backup in the place of the live database, which is kept under a dated name'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l undo -d 'With --in-place: put back the database that was replaced last'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l keep-redis -d 'With --in-place: do not empty Redis'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l files -r -f -a '(__fish_complete_directories)' -d 'Put the kept env and compose files there'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l table -r -d 'Only the rows of this table, or of all its partitions; the others stay empty, and foreign keys are left out'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l role -r -f -a 'main audit-logs' -d 'Which database of the backup'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l no-owner -d 'Restore as the connecting user; leave grants and the policies of missing roles out'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l create-roles -d 'Make missing roles first, without login'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l strict -d 'Keep nothing if the server refuses anything of the backup'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l locale -r -d 'Locale of the new database, such as C.UTF-8, for a server that lacks the backup\'s'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s j -l jobs -r -d 'Connections at once'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s n -l dry-run -d 'Check everything, print the plan, and stop'
complete -c infisical-ops -n '__infisical_ops_at \'restore\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'restore\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -l from -r -f -a '(__fish_complete_directories)' -d 'Another copy of the repository to take whole files from'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repair\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a recipients -d 'Show or replace the recipients of the repository'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a rekey -d 'Start a new repository key; the next backup is full'
complete -c infisical-ops -n '__infisical_ops_at \'repository\'' -a accept -d 'Accept a backup that is shrunk, or take that back'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -l identity-file -r -F -d 'The identity that reads the backups'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository recipients\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'repository rekey\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository rekey\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -l revoke -d 'Take an acceptance back'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'repository accept\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_argument \'repository accept\' 0' -f -a '(__infisical_ops_lines \'list\' \'--ids\')'
complete -c infisical-ops -n '__infisical_ops_at \'health\'' -l watch -d 'Look again and again, and print a line whenever something changed'
complete -c infisical-ops -n '__infisical_ops_at \'health\'' -l interval -r -d 'Time between two looks of --watch'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l recreate -d 'Make the container again with what its env and compose files say now; the image stays'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l service -r -f -a 'backend redis db all' -d 'What to restart: backend, redis, db or all'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -l timeout -r -d 'How long each part may take until it works'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -s n -l dry-run -d 'Print the plan and stop'
complete -c infisical-ops -n '__infisical_ops_at \'restart\'' -s y -l yes -d 'Do not ask'
complete -c infisical-ops -n '__infisical_ops_at \'logs\'' -l since -r -d 'Only what was printed since then, such as 10m'
complete -c infisical-ops -n '__infisical_ops_at \'logs\'' -l tail -r -d 'How many lines of each container, from the end'
