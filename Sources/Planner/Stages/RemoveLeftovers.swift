import FleetModel

extension Change {
    init(removing leftover: Leftover, from host: Name) {
        self.init(
            address: ResourceAddress(leftover), host: host, action: .destroy, impact: leftover.impact,
            causes: leftover.causes, before: .leftover(leftover))
    }
}

extension [Leftover] {
    /// What their processes take, which is free once they are removed.
    var taken: HostCapacity.Amounts {
        compactMap(\.process).reduce(into: HostCapacity.Amounts()) { taken, process in
            taken.memory += process.memory
            taken.cpus += process.cpus
        }
    }
}

extension Leftover {
    /// Behind the last slash of the subject.
    var lastComponent: String { subject.split(separator: "/").last.map(String.init) ?? subject }

    /// True where it may lie where an object of this name goes, or where that is made: folders are called as what they
    /// hold, files have suffixes, and so do their unfinished copies. One that is removed while the new one is being made
    /// would take that with it.
    func isInTheWay(of name: String) -> Bool { lastComponent == name || lastComponent.hasPrefix(name + ".") }

    /// Why it goes, and what goes with it; one sentence each.
    var causes: [String] {
        let state =
            switch kind {
            case .retainedGuest: "is not to be kept any more"
            case .tpmProcess: "is of no guest that runs"
            default: "belongs to no definition"
            }
        var causes = ["\(text) \(state): \(proof)"]
        if let process { causes.append("it runs, with \(process.memory.rounded) of memory, and is killed") }
        if let disks, !disks.isEmpty {
            let names = disks.map(\.text).joined(separator: ", ")
            causes.append("what is on its disk\(disks.count > 1 ? "s" : "") \(names) is lost")
        }
        return causes
    }

    /// What it is, for people.
    var text: String {
        switch kind {
        case .process: "process \(subject)"
        case .tpmProcess: "TPM process \(subject)"
        case .runFolder, .stateFolder: "folder \(subject)"
        case .interface: "interface \(subject)"
        case .nftTable: "nftables table \(subject)"
        case .dhcpServer: "DHCP server \(subject)"
        case .cacheFile: "cached file \(subject)"
        case .temporaryFile: "temporary file \(subject)"
        case .retainedGuest: "what is kept in \(subject)"
        }
    }
}
