import Faults
import InfisicalData
import InstanceAccess
import Rotation
import Secrets

/// Gives the secrets inside of Infisical that keep an old value the new one, or removes them, through Infisical's own API:
/// what is written past it, its caches and history would not know.
struct StoredCopyExchange {
    private let api: SecretsAPI
    private let copies: [RotationSite.StoredCopy]
    /// By Infisical's variable.
    private let values: [String: (old: Secret, new: Secret)]

    /// Logs in.
    init(
        _ copies: [RotationSite.StoredCopy], _ values: [String: (old: Secret, new: Secret)], _ instance: InstanceAccess
    ) throws {
        self.copies = copies
        self.values = values
        api = try SecretsAPI(instance)
    }

    // MARK: - Before anything is changed

    /// Checks that each is there for this identity, and holds what the database says. Reads only.
    ///
    /// - Throws: `RotationRefusal.copyOutOfReach`.
    func requireReach() throws {
        for copy in copies { _ = try tried(copy) { try present(copy) } }
    }

    /// Writes each once more as it is: whether it may be written is known only by that.
    ///
    /// - Throws: `RotationRefusal.copyOutOfReach`.
    func rehearse() throws {
        for copy in copies { try tried(copy) { try api.write(present(copy), to: copy.place) } }
    }

    /// The value of a copy that holds the old one.
    private func present(_ copy: RotationSite.StoredCopy) throws -> Secret {
        guard let value = try api.value(of: copy.place) else {
            throw RotationRefusal.copyOutOfReach(copy.text, "Infisical says that it is not there", hints: [])
        }
        guard let pair = values[copy.variable], isOld(value, copy, pair.old) else {
            throw RotationRefusal.copyOutOfReach(
                copy.text, "Infisical gives another value than the database holds", hints: [])
        }
        return value
    }

    private func isOld(_ value: Secret?, _ copy: RotationSite.StoredCopy, _ old: Secret) -> Bool {
        guard let value = value?.trimmed() else { return false }
        guard let earlier = copy.earlier else { return value.equals(old.trimmed()) }
        return EnvironmentKeys.labels(of: value, copy.variable).contains(earlier)
    }

    private func tried<Value>(_ copy: RotationSite.StoredCopy, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let fault as SecretsAPIFault {
            throw RotationRefusal.copyOutOfReach(copy.text, fault.message, hints: fault.hints)
        }
    }

    // MARK: - Afterwards

    /// Exchanges or removes each, and reads it again. May be done again.
    ///
    /// - Returns: what is left to be done, a sentence without full stop for each that was not.
    /// - Throws: only where the run is to end.
    func perform() throws -> [String] {
        try copies.compactMap { copy in
            do { return try exchange(copy).map { "the secret \(copy.text) \($0)" } } catch {
                let fault: any Fault = .of(error)
                if fault.isSignal { throw fault }
                return Self.left(copy, fault)
            }
        }
    }

    static func left(_ copy: RotationSite.StoredCopy, _ fault: any Fault) -> String {
        "\(RotationSite.left(copy.text)): \(fault.message)"
    }

    /// - Returns: a clause where it holds something else by now; nil where all is well.
    private func exchange(_ copy: RotationSite.StoredCopy) throws -> String? {
        guard let pair = values[copy.variable] else { return nil }
        let isNew = { (value: Secret?) in value?.trimmed().equals(pair.new.trimmed()) == true }
        let value = try api.value(of: copy.place)
        if copy.isRemoved {
            guard let value else { return nil }
            guard isOld(value, copy, pair.old) else {
                return "was changed by somebody else, and is not removed: look at it"
            }
            try api.remove(copy.place)
            return try api.value(of: copy.place) == nil ? nil : "is still there after it was deleted: look at it"
        }
        if isNew(value) { return nil }
        guard isOld(value, copy, pair.old) else { return "was changed or deleted by somebody else: look at it" }
        try api.write(pair.new, to: copy.place)
        return isNew(try api.value(of: copy.place))
            ? nil : "does not give the new value after it was written: look at it"
    }
}

extension Fault {
    /// Whether it is a signal that ends the run, and nothing that is wrong with what was asked.
    var isSignal: Bool { exit == .interrupted || exit == .terminated }
}
