import FleetModel
import HostSystem
import Netlink

/// Removes single leftovers, after their proof of ownership was seen again.
struct LeftoverRemoval {
    let layout: HostLayout
    let marks: OwnershipMarks
    let store: NetworkStore
    let server: DHCPServer

    func remove(_ leftover: Leftover) async throws {
        switch leftover.kind {
        case .interface:
            try removeInterface(leftover.subject)
        case .nftTable:
            let rates = TapRates(layout: layout, marks: marks)
            if let record = rates.records.first(where: { rates.table($0.tap) == leftover.subject }) {
                try rates.forget(record.tap)
            } else {
                try await NFTables.delete(leftover.subject)
            }
        case .dhcpServer:
            for process in server.running() where "\(process.process.pid)" == leftover.subject {
                try await server.stop(process)
                try Files.removeTree(layout.networkRun(process.network))
            }
        case .runFolder, .stateFolder:
            try Files.removeTree(leftover.subject)
        case .process, .tpmProcess, .cacheFile, .temporaryFile, .retainedGuest:
            throw NetworkError("remove", leftover.subject, "it is no part of a network")
        }
    }

    /// A bridge with ports may be what somebody's guests are still connected to.
    private func removeInterface(_ name: String) throws {
        let socket = try NetlinkSocket()
        let links = try socket.links.list()
        guard let link = links.first(where: { $0.name == name }), marks.own(link) else { return }
        let ports = links.filter { $0.master == link.index }
        guard ports.isEmpty else {
            throw NetworkError(
                "delete the bridge", name, "in use by " + ports.map { $0.alias ?? $0.name }.joined(separator: ", "),
                advice: "stop these guests first")
        }
        try socket.links.delete(.index(link.index))
    }
}
