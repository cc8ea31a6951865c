import Commands
import Glibc

exit(runOps())
