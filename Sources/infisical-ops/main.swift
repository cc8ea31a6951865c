import Commands
import Glibc

exit(runOps(Array(CommandLine.arguments.dropFirst())))
