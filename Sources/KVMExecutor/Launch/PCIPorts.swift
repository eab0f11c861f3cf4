/// The PCI Express root ports of a q35 guest. Its root bus takes no hot-plug, so each disk and each NIC has a port
/// of its own, and some are left free.
struct PCIPorts {
    /// How many there are.
    let count: Int
    /// The first slot on the root bus; those below hold devices that never come or go.
    private static let firstSlot = 0x10

    init(used: Int, spare: Int) { count = used + spare }

    /// What the names of all of them start with.
    static let prefix = "port"

    func name(_ index: Int) -> String { "\(Self.prefix)\(index)" }

    /// Eight ports share a slot as the functions of one device.
    var arguments: [String] {
        (0..<count).flatMap { index in
            let slot = String(Self.firstSlot + index / 8, radix: 16)
            return [
                "-device",
                "pcie-root-port,id=\(name(index)),chassis=\(index + 1),addr=\(slot).\(index % 8)"
                    + (index % 8 == 0 ? ",multifunction=on" : ""),
            ]
        }
    }
}
