import FleetModel
import FoundationEssentials
import HostAgent
import HostSystem
import Synchronization

/// Asks a guest for the public keys of its sshd by ways that do not pass its network: its agent, and what cloud-init
/// printed on its console.
struct LearnHostKeys {
    let guest: GuestReference
    let session: AgentSession

    /// How long an agent may take; one that is there answers within milliseconds.
    private static let patience = Duration.seconds(5)

    private static let command = ["sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub"]

    /// What the console shows counts where it is what was learnt before; else the agent is asked.
    ///
    /// - Returns: empty where neither tells.
    func callAsFunction(knowing pinned: Set<HostKey>) async -> Set<HostKey> {
        let printed = await onConsole()
        if !printed.isEmpty, printed == pinned { return printed }
        let told = await fromAgent()
        return told.isEmpty ? printed : told
    }

    private func fromAgent() async -> Set<HostKey> {
        let keys = await within(Self.patience) { () -> Set<HostKey>? in
            let result = try? await session.execute(Self.command, input: nil, in: guest)
            guard let text = result?.output, let bytes = Data(base64Encoded: text) else { return nil }
            return HostKey.all(in: String(decoding: bytes, as: UTF8.self))
        }
        return keys ?? []
    }

    private func onConsole() async -> Set<HostKey> {
        let text = Mutex<[UInt8]>([])
        try? await session.log(of: guest, lines: nil, follows: false) { bytes in
            text.withLock { $0 += bytes }
            return true
        }
        return HostKey.all(onConsole: String(decoding: text.withLock { $0 }, as: UTF8.self))
    }
}
