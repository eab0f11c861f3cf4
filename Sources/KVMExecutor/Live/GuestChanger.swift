import FleetModel
import HostSystem

/// Changes a guest while it runs.
public struct GuestChanger: Sendable {
    let layout: HostLayout
    let store: GuestStore

    public init(layout: HostLayout) {
        self.layout = layout
        store = GuestStore(layout: layout)
    }

    /// Writes the definition first, then makes each change, and takes it over into the record of the process once
    /// QEMU has confirmed it: a change that is cut off anywhere leaves a difference between the two, which the next
    /// plan sees.
    ///
    /// - Returns: what did not take, for people; nil where all did.
    public func change(_ definition: GuestDefinition, _ changes: [LiveChange]) async throws(ExecutorError) -> String? {
        let operation = "change guest \(definition.name)"
        do {
            try store.write(definition)
            guard var running = store.running(definition.id) else { return nil }
            for change in changes {
                switch change {
                case .record: break
                default: throw ExecutorError(operation, "\(change.verb) is not supported on a running guest")
                }
                running.spec.take([change], of: definition.spec)
                try store.write(running, of: definition.id)
            }
            running.generation = definition.generation
            try store.write(running, of: definition.id)
            return nil
        } catch let error as ExecutorError {
            throw error
        } catch {
            throw ExecutorError(operation, "\(error)")
        }
    }
}
