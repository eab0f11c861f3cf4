import FleetModel

extension ObservedHost {
    /// What the host holds of other owners, or of none: the largest first, then by what it is.
    var strangers: [Stranger] {
        var strangers: [Stranger] = []
        for guest in live.guests where guest.definition.owner != owner {
            let definition = guest.definition
            strangers.append(
                Stranger(
                    host: name, text: "guest.\(definition.name) of fleet \(definition.owner.fleet)",
                    memory: guest.memoryCost, cpus: guest.runningCPUs))
        }
        for process in live.strangers {
            strangers.append(
                Stranger(
                    host: name, text: "QEMU process \(process.pid) (\(process.name))", memory: process.memory,
                    cpus: process.cpus))
        }
        for network in live.networks where network.definition.owner != owner {
            let definition = network.definition
            strangers.append(
                Stranger(host: name, text: "network.\(definition.name) of fleet \(definition.owner.fleet)"))
        }
        for leftover in live.leftovers {
            guard let fleet = leftover.fleet, fleet != owner.fleet else { continue }
            strangers.append(
                Stranger(
                    host: name, text: "\(leftover.text), left over from fleet \(fleet)",
                    memory: leftover.process?.memory ?? .zero, cpus: leftover.process?.cpus ?? 0))
        }
        return strangers.sorted { $0.memory == $1.memory ? $0.text < $1.text : $0.memory > $1.memory }
    }
}
