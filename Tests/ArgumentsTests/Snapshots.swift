// swift-format-ignore-file: texts as they are printed

/// What the documentation of `Ferry` looks like; a change here is a change that users see.
enum Snapshots {
    /// The help of the program.
    static let programHelp = #"""
        ferry: Carries cargo across a river - and proves that it came over whole.

        USAGE
          ferry [OPTIONS] COMMAND [ARGUMENTS]

        EVERY DAY
          sail           Take cargo across.
          list           List the trips.

        PROVE
          check          Look at the cargo again.
          unload         Unload a trip.

        THE HARBOUR
          harbour show   Show the harbour.
          harbour rekey  Change the lock.

        OPTIONS
          -c, --config FILE  Where the settings are.
              --json         Write one JSON object instead of text.
          -q, --quiet        Say nothing unless it fails.
          -h, --help         Show this help.
              --version      Show the version.

        EXAMPLES
          What went across so far.
              ferry list

        ENVIRONMENT
          FERRY_CONFIG  Where the settings are, when --config is not given.

        More about a command: ferry help COMMAND

        """#

    /// The help of one command.
    static let sailHelp = #"""
        ferry sail: Take cargo across.

        USAGE
          ferry sail [--jobs N] [--level LEVEL] [--tag KEY=VALUE]... [--dry-run]
              [--password WORD]

        Takes what is on the quay across the water, and comes back. The cargo is counted
        before and after, and what is missing is named.

        The signals are:

          one flag    leaving
          two flags   .back 'again'

        OPTIONS
          -j, --jobs N         How many boats go at once. Default: the number of cores.
              --level LEVEL    How far the cargo is looked at; the further the slower.
                               One of: stored, readable, fully-proven. Default:
                               fully-proven.
              --tag KEY=VALUE  Something to find the trip by. Can be given more than
                               once.
          -n, --dry-run        Say what would be done, and stop.
              --password WORD  What the harbour asks for.

        OPTIONS OF EVERY COMMAND
          -c, --config FILE  Where the settings are.
              --json         Write one JSON object instead of text.
          -q, --quiet        Say nothing unless it fails.
          -h, --help         Show this help.

        EXAMPLES
          Two boats at once.
              ferry sail --jobs 2
          With something to find it by.
              ferry sail --tag 'load=hay & straw'

        ENVIRONMENT
          FERRY_TIDE  High or low; low stops all boats.

        """#

    /// The man page of that command, as `man` shows it on 80 columns.
    static let sailPage = #"""
        FERRY-SAIL(1)                    User Commands                   FERRY-SAIL(1)

        NAME
               ferry-sail - Take cargo across.

        SYNOPSIS
               ferry sail [--jobs N] [--level LEVEL] [--tag KEY=VALUE]... [--dry-run]
                      [--password WORD]

        DESCRIPTION
               Takes what is on the quay across the water, and comes back. The cargo
               is counted before and after, and what is missing is named.

               The signals are:

                   one flag    leaving
                   two flags   .back 'again'

        OPTIONS
               -j, --jobs N
                      How many boats go at once. Default: the number of cores.

               --level LEVEL
                      How far the cargo is looked at; the further the slower. One of:
                      stored, readable, fully-proven. Default: fully-proven.

               --tag KEY=VALUE
                      Something to find the trip by. Can be given more than once.

               -n, --dry-run
                      Say what would be done, and stop.

               --password WORD
                      What the harbour asks for.

               -c, --config FILE
                      Where the settings are.

               --json Write one JSON object instead of text.

               -q, --quiet
                      Say nothing unless it fails.

               -h, --help
                      Show this help.

        ENVIRONMENT
               FERRY_TIDE
                      High or low; low stops all boats.

        EXAMPLES
               Two boats at once.

                   ferry sail --jobs 2

               With something to find it by.

                   ferry sail --tag 'load=hay & straw'

        EXIT STATUS
               0      Done.

               64     The command line was not understood.

        SEE ALSO
               ferry(1)

        ferry 1.2                         2026-01-31                     FERRY-SAIL(1)

        """#

    /// The Markdown reference of all commands.
    static let reference = #"""
        # ferry

        Carries cargo across a river - and proves that it came over whole.

        ```
        ferry [OPTIONS] COMMAND [ARGUMENTS]
        ```

        | Option of every command | |
        |---|---|
        | `-c, --config FILE` | Where the settings are. |
        | `--json` | Write one JSON object instead of text. |
        | `-q, --quiet` | Say nothing unless it fails. |
        | `-h, --help` | Show this help. |
        | `--version` | Show the version. |

        | Environment | |
        |---|---|
        | `FERRY_CONFIG` | Where the settings are, when --config is not given. |

        What went across so far.

        ```sh
        ferry list
        ```

        ## EVERY DAY

        ### sail

        Take cargo across.

        ```
        ferry sail [--jobs N] [--level LEVEL] [--tag KEY=VALUE]... [--dry-run] [--password WORD]
        ```

        Takes what is on the quay across the water, and comes back. The cargo is counted before and after, and what is missing is named.

        The signals are:

        ```
        one flag    leaving
        two flags   .back 'again'
        ```

        | Option | |
        |---|---|
        | `-j, --jobs N` | How many boats go at once. Default: the number of cores. |
        | `--level LEVEL` | How far the cargo is looked at; the further the slower. One of: stored, readable, fully-proven. Default: fully-proven. |
        | `--tag KEY=VALUE` | Something to find the trip by. Can be given more than once. |
        | `-n, --dry-run` | Say what would be done, and stop. |
        | `--password WORD` | What the harbour asks for. |

        | Environment | |
        |---|---|
        | `FERRY_TIDE` | High or low; low stops all boats. |

        Two boats at once.

        ```sh
        ferry sail --jobs 2
        ```

        With something to find it by.

        ```sh
        ferry sail --tag 'load=hay & straw'
        ```

        ### list

        List the trips.

        ```
        ferry list [--names]
        ```

        | Option | |
        |---|---|
        | `--names` | Only the names. |

        ## PROVE

        ### check

        Look at the cargo again.

        ```
        ferry check [TRIP... | --all] [--level LEVEL]
        ```

        | Argument | |
        |---|---|
        | `TRIP` | Which trips. Default: the latest. |

        | Option | |
        |---|---|
        | `--all` | Every trip. |
        | `--level LEVEL` | How far the cargo is looked at; the further the slower. One of: stored, readable, fully-proven. Default: fully-proven. |

        ### unload

        Unload a trip.

        ```
        ferry unload TRIP [PLACE] (--to-shore NAME | --to-ship URL)
        ```

        | Argument | |
        |---|---|
        | `TRIP` | Which trip. |
        | `PLACE` | Where to, as far as it isn't the usual place. |

        | Option | |
        |---|---|
        | `--to-shore NAME` | Unload at a shore. |
        | `--to-ship URL` | Unload onto a ship. |

        ## THE HARBOUR

        ### harbour show

        Show the harbour.

        ```
        ferry harbour show
        ```

        ### harbour rekey

        Change the lock.

        ```
        ferry harbour rekey --key FILE
        ```

        | Option | |
        |---|---|
        | `--key FILE` | The new key. Required. |

        ## Exit codes

        | Code | Meaning |
        |---|---|
        | 0 | Done. |
        | 64 | The command line was not understood. |

        """#
}
