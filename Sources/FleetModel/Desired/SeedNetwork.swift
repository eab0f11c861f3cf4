extension GuestSpec {
    /// The `network-config` of the guest's seed; nil: it has none, and cloud-init sets up the first NIC that it finds by
    /// DHCP, which is all that there is.
    ///
    /// Without one of the user's, a guest with several NICs gets one that sets up each of them, by the name that the
    /// manifest gives it, where the kernel takes it (at most 15 characters). The first NIC's route counts most.
    public var seedNetworkConfig: String? {
        guard let cloudInit else { return nil }
        if let given = cloudInit.networkConfig { return given }
        guard nics.count > 1 else { return nil }
        let isNamed = nics.allSatisfy { $0.name.text.utf8.count <= 15 }
        var text = "version: 2\nethernets:\n"
        for (index, nic) in nics.enumerated() {
            let name = isNamed ? nic.name.text : "eth\(index)"
            text += "  \"\(name)\":\n    match: {macaddress: \"\(nic.mac)\"}\n    set-name: \"\(name)\"\n"
            text += "    dhcp4: true\n    dhcp4-overrides: {route-metric: \(100 * (index + 1))}\n"
        }
        return text
    }
}
