// infisical-ops with a failure injected: the program that the crash matrices run. Usage: as infisical-ops, with
//   OPS_VICTIM_KIND      a kind of FailingObserver: failsBefore, failsAfter, killsBefore, killsAfter
//   OPS_VICTIM_POSITION  at the how-manieth effect, from 1
//   OPS_VICTIM_EFFECTS   only effects of these kinds count, separated by commas (default: all)
//   OPS_VICTIM_SUBJECT   only effects on what is called so, or ends so, count (default: all)
//   OPS_VICTIM_ERROR     the errno of a failure (default: EIO)
//   OPS_VICTIM_STICKY    1: all later effects fail as well, as on a disk that stays full
//   OPS_VICTIM_SQL       a script that is run in every database that a drill has restored, before it is looked at
//   OPS_VICTIM_RUN       a program that is run before the effect at the position, in the place of a failure
//   OPS_VICTIM_COUNT     a file that gets the number of effects that were counted, if the run comes to its end
//   OPS_VICTIM_LIST      a file that gets these effects, one a line: its kind, and what it is of
import Commands
import Effects
import Glibc
import Postgres
import TestSupport

func variable(_ name: String) -> String? { getenv("OPS_VICTIM_" + name).map { String(cString: $0) } }

let kinds = variable("EFFECTS").map { Set($0.split(separator: ",").compactMap { Effect.Kind(rawValue: String($0)) }) }
let subject = variable("SUBJECT") ?? ""
let counted: @Sendable (Effect) -> Bool = { effect in
    (kinds.map { $0.contains(effect.kind) } ?? true) && (subject.isEmpty || effect.subject.hasSuffix(subject))
}
let recorder = RecordingObserver()
let failing = variable("KIND").flatMap(FailingObserver.Kind.init(rawValue:)).map { kind in
    FailingObserver(
        at: variable("POSITION").flatMap { Int($0) } ?? 1, kind: kind,
        error: variable("ERROR").flatMap { Int32($0) } ?? EIO, sticky: variable("STICKY") == "1", counting: counted)
}
let interloper = variable("RUN").map { program in
    Interloper(program, at: variable("POSITION").flatMap { Int($0) } ?? 1, counting: counted)
}
/// Runs a script in a database that a drill has restored.
@Sendable func interfere(with copy: Endpoint) throws {
    guard let script = variable("SQL") else { return }
    let connection = try Connection.open(
        copy, role: "victim", use: .writing, effects: Effects(), cancellation: Cancellation())
    defer { connection.close() }
    try connection.execute(script: script)
}

let code = runOps(
    effects: Effects(observer: failing as (any EffectObserver)? ?? interloper ?? recorder),
    interference: { try interfere(with: $0) })
/// Writes a text for whoever started this.
func tell(_ text: String, in name: String) {
    guard let path = variable(name), let file = fopen(path, "w") else { return }
    fputs(text, file)
    fclose(file)
}
let effects = recorder.effects.filter(counted)
tell("\(effects.count)\n", in: "COUNT")
tell(effects.map { "\($0.kind.rawValue) \($0.subject)\n" }.joined(), in: "LIST")
exit(code)
