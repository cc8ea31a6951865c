import CLinux
import DurableFiles
import Effects
import Faults
import Glibc
import Processes

/// The process that makes the name spaces, starts the first process in them, and cleans up when that has gone.
struct JailOuter {
    let plan: JailPlan
    let effects: Effects
    let cancellation: Cancellation

    func run() -> Int32 {
        defer { removeLeftovers() }
        do {
            try unshare()
            var spec = try JailStage.spec(.keeper, plan: plan, environment: CommandSpec.inherited { _ in true })
            spec.input = .descriptor(0)
            spec.output = .descriptor(1)
            spec.errors = .descriptor(2)
            let result = try ProcessRunner(effects: effects, cancellation: cancellation, grace: .seconds(1)).run(spec)
            return result.status == .exited(0) ? 0 : 1
        } catch let fault as JailFault {
            return JailKeeper.answer(JailAnswer(fault), effects) ? 1 : 2
        } catch {
            let fault: any Fault = .of(error)
            return JailKeeper.answer(JailAnswer(problem: .other, reason: fault.message), effects) ? 1 : 2
        }
    }

    private func unshare() throws(JailFault) {
        guard geteuid() == 0 else {
            throw .notPermitted("only root can run a program as another user")
        }
        var spaces: Int32 = 0
        for (space, number) in [
            (JailPlan.Spaces.network, clinux_space_network), (.mounts, clinux_space_mounts),
            (.processes, clinux_space_processes), (.ipc, clinux_space_ipc), (.names, clinux_space_names),
        ] where plan.spaces.contains(space) {
            spaces |= Int32(number)
        }
        if case .failure(let error) = effects.call(.open, "name spaces", { clinux_unshare(spaces) }) {
            throw .notPermitted("the kernel makes no name spaces for it: \(error.text)")
        }
    }

    /// Such as PostgreSQL's note of the process that works in its folder: outside, the number is another process's.
    private func removeLeftovers() {
        for path in plan.leftovers {
            // What is not there needs no removal; nobody is left to hear of another failure.
            do throws(FileFault) { try Files(effects: effects).remove(path) } catch {}
        }
    }
}
