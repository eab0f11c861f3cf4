import FleetModel
import Glibc

/// A name that is known to be valid.
public func name(_ text: String) -> Name { Name(parsing: text)! }

/// True where the tests run as root.
public let isRoot = geteuid() == 0

/// A digest of 64 times the digit.
public func digest(_ digit: Character) -> Digest { Digest(parsing: String(repeating: digit, count: 64))! }

/// A guest's definition in fleet `demo` of instance `0a1b2c3d`.
public func guestDefinition(_ text: String, _ spec: GuestSpec) -> GuestDefinition {
    let fleet = name("demo")
    return GuestDefinition(
        id: ObjectID(kind: .guest, fleet: fleet, name: name(text)),
        owner: Owner(instance: InstanceID(parsing: "0a1b2c3d")!, fleet: fleet), name: name(text), spec: spec)
}
