import JSONCoding

// What a host keeps, and how what an earlier Lodge wrote there is read. Schema 2 has what a running guest may be
// changed to, and what protects it: before, nothing of that was there, and the upgrade says so in schema 2's terms.
// Schema 3 remembers files that are still to be deleted, of which earlier ones did not know any. Schema 4 names what its guests all had before:
// firmware, devices, and how each disk is attached.

extension GuestDefinition: Versioned {
    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = [
        { guest in guest.update("spec", upgradeGuestSpec) },
        { guest in guest["doomedDisks"] = .array([]) },
        { guest in
            guest["retainedDisks"] = .array([])
            guest.update("spec", nameTheDefaults)
        },
    ]
}

extension RunningGuest: Versioned {
    public static let currentSchema = 3
    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = [
        { process in
            process["bootMemory"] = process["spec"]?["memory"]
            process.update("spec", upgradeGuestSpec)
        },
        { process in process.update("spec", nameTheDefaults) },
    ]
}

extension NetworkDefinition: Versioned {
    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = [
        { network in
            network.update("spec") { spec in
                spec["mtu"] = .int(Int64(NetworkSpec.defaultMTU))
                spec["filter"] = JSONValue(encoding: NetworkFilter())
            }
        }
    ]
}

extension ImageDefinition: Versioned {
    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = []
}

extension RetainedRecord: Versioned {
    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = []
}

private func upgradeGuestSpec(_ spec: inout JSONValue) {
    spec["maxCPUs"] = spec["cpus"]
    spec["maxMemory"] = spec["memory"]
    spec["isProtected"] = .bool(false)
    spec["secrets"] = .object([:])
    spec.update("disks", each: true) { $0["onRemove"] = JSONValue(encoding: DiskRemoval.keep) }
    spec.update("cloudInit") { $0["onChange"] = JSONValue(encoding: SeedChange.ignore) }
}

private func nameTheDefaults(_ spec: inout JSONValue) {
    spec["firmware"] = JSONValue(encoding: Firmware.bios)
    spec["hasTPM"] = .bool(false)
    spec["devices"] = JSONValue(encoding: DeviceModel.virtio)
    spec["display"] = JSONValue(encoding: Display.none)
    spec.update("disks", each: true) { disk in
        disk["format"] = JSONValue(encoding: DiskFormat.qcow2)
        disk["bus"] = JSONValue(encoding: DiskBus.virtio)
        disk["cache"] = JSONValue(encoding: DiskCache.writeback)
        disk["aio"] = JSONValue(encoding: DiskAIO.threads)
        disk["discard"] = JSONValue(encoding: DiskDiscard.unmap)
        disk["hasIOThread"] = .bool(false)
        disk["onDestroy"] = JSONValue(encoding: DiskRemoval.delete)
    }
    spec.update("cloudInit") { seed in
        for list in ["packages", "runCommands", "writeFiles"] { seed[list] = .array([]) }
        seed.update("users", each: true) { $0["groups"] = .array([]) }
    }
}

/// A whole host in a file: what a simulated one is kept as.
public struct HostSnapshot: Versioned, Sendable {
    public static let currentSchema = 4

    public var schema = Self.currentSchema
    public var host: LiveHost

    public init(_ host: LiveHost) { self.host = host }

    public static let upgrades: [@Sendable (inout JSONValue) -> Void] = [
        { document in
            // Schema 1 was the host alone, and did not say which schema it was.
            var host = document
            host.update("guests", each: true) { guest in
                guest.update("definition") { $0.upgrade(as: GuestDefinition.self, to: 2) }
                guest.update("process") { $0.upgrade(as: RunningGuest.self, to: 2) }
                guest["keptDisks"] = .array([])
                guest["defects"] = .array([])
            }
            host.update("networks", each: true) { network in
                network.update("definition") { $0.upgrade(as: NetworkDefinition.self, to: 2) }
            }
            document = .object(["host": host])
        },
        { document in
            document.update("host") { host in
                host.update("guests", each: true) { guest in
                    guest.update("definition") { $0.upgrade(as: GuestDefinition.self, to: 3) }
                }
            }
        },
        { document in
            document.update("host") { host in
                host["retained"] = .array([])
                host.update("facts") { $0["features"] = .array([]) }
                host.update("guests", each: true) { guest in
                    guest["missingState"] = .array([])
                    guest.update("keptDisks", each: true) { $0["format"] = JSONValue(encoding: DiskFormat.qcow2) }
                    guest.update("definition") { $0.upgrade(as: GuestDefinition.self, to: 4) }
                    guest.update("process") { $0.upgrade(as: RunningGuest.self, to: 3) }
                }
            }
        },
    ]
}

extension JSONValue {
    /// Brings a document of an earlier layout to a later one.
    fileprivate mutating func upgrade<Value: Versioned>(as type: Value.Type, to schema: Int) {
        guard case .int(let present)? = self["schema"], present > 0, present < schema else { return }
        for upgrade in type.upgrades[Int(present - 1)..<(schema - 1)] { upgrade(&self) }
        self["schema"] = .int(Int64(schema))
    }
}
