import Faults
import InfisicalStore
import Instance
import InstanceAccess
import Operations
import Rotation

/// Secrets inside of Infisical that keep the old value, after the rotation. Whatever fails of it is left to the operator, and takes
/// nothing back; only a signal ends it.
struct RotationCopies {
    private let workplace: Workplace
    private let material: RotationMaterial
    private let told: (String) -> Void

    init(_ workplace: Workplace, _ material: RotationMaterial, told: @escaping (String) -> Void) {
        self.workplace = workplace
        self.material = material
        self.told = told
    }

    /// Exchanges what the operator chose to have exchanged, and looks for the rest.
    ///
    /// - Returns: what is left to be done by hand, a sentence each.
    func settle() throws -> [String] {
        var left: [String] = []
        if let stored = material.site.stored, !stored.isEmpty { left += try exchange(stored) }
        // Whatever Infisical answered: the database says what holds the old value still.
        left += try found()
        return left + StrayEnvFiles(material, workplace.instance).left
    }

    private func exchange(_ stored: [RotationSite.StoredCopy]) throws -> [String] {
        told("exchanging the old value in secrets inside of Infisical")
        let exchange: StoredCopyExchange
        do { exchange = try StoredCopyExchange(stored, material.keys.changed, workplace.instance.refreshed()) } catch {
            let fault: any Fault = .of(error)
            if fault.isSignal { throw fault }
            return stored.map { StoredCopyExchange.left($0, fault) }
        }
        return try exchange.perform()
    }

    /// Those that nobody exchanged, also where the plan for them was lost with the state folder.
    private func found() throws -> [String] {
        do {
            let changed = material.keys.changed.mapValues(\.old), workplace = try workplace.refreshed()
            let earlier = try EarlierKeys(
                of: changed.keys, besides: material.site.oldLabels.union(material.site.newLabels), workplace)
            return try StoredCopies(of: changed, or: earlier, workplace).copies.map { RotationSite.left($0.text) }
        } catch {
            let fault: any Fault = .of(error)
            if fault.isSignal { throw fault }
            return material.site.copies.map(RotationSite.left)
                + ["whether secrets inside of Infisical keep the old value is not known: \(fault.message)"]
        }
    }
}
