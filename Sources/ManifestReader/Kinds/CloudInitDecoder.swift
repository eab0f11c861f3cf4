import FleetModel

/// Reads a guest's `cloudInit`.
struct CloudInitDecoder {
    private let values: ValueReader

    init(_ values: ValueReader) { self.values = values }

    /// - Parameter secrets: gets where sensitive values are from, by their fields' paths.
    /// - Returns: nil where it is left out. What is wrong in it is left out too, and reported.
    func read(_ guest: MappingReader<GuestField>, _ secrets: inout [String: SecretSource]) -> CloudInit? {
        guard let fields = guest.mapping(.cloudInit, CloudInitField.self) else { return nil }
        values.addOrigins(of: fields, under: "cloudInit")
        var cloudInit = CloudInit()
        if let hostname = hostname(fields) {
            cloudInit.hostname = hostname.text
            secrets["cloudInit.hostname"] = hostname.source
        }
        if let userData = userData(fields) {
            cloudInit.userData = userData.text
            secrets["cloudInit.userData"] = userData.source
        }
        cloudInit.onChange = fields.value(.onChange, as: .choice(), default: SeedChange.ignore) ?? .ignore
        cloudInit.users = SeedUserDecoder(values).read(fields, &secrets)
        cloudInit.packages = texts(fields, .packages, as: Self.package)
        cloudInit.runCommands = texts(fields, .runCommands, as: .string)
        cloudInit.writeFiles = SeedFileDecoder(values).read(fields, &secrets)
        if let network = SeedNetworkDecoder(values).read(fields) {
            cloudInit.networkConfig = network.text
            secrets["cloudInit.networkConfig"] = network.source
        }
        checkSize(cloudInit, at: fields.node)
        return cloudInit
    }

    /// cloud-init hands packages to the guest's package manager: `nginx`, `nginx=1.22.1-9`, `lib32z1:amd64`.
    private static let package = ValueType.string(
        "package", help: "write its name, such as nginx, or with a version as the guest's package manager has it"
    ) { text in
        text.utf8.count <= 256 && text.utf8.first.map(isAlphanumeric) == true
            && text.utf8.allSatisfy { isAlphanumeric($0) || "+-._:~=/@*".utf8.contains($0) }
    }

    private func texts(
        _ fields: MappingReader<CloudInitField>, _ field: CloudInitField, as type: ValueType<String>
    ) -> [String] {
        var texts: [String] = []
        for node in fields.elements(field, limit: YAMLLimits.seedElements) ?? YAMLElements.none(values.tree) {
            guard let text = type.read(values, node) else { continue }
            values.checkForIndex(text, at: node, in: CloudInitField.table.names[field.rawValue])
            texts.append(text)
        }
        return texts
    }

    private func checkSize(_ cloudInit: CloudInit, at node: NodeIndex) {
        let texts =
            [cloudInit.userData ?? "", cloudInit.networkConfig ?? ""] + cloudInit.packages + cloudInit.runCommands
            + cloudInit.writeFiles.map(\.content) + cloudInit.users.flatMap(\.sshKeys)
        let size = texts.reduce(0) { $0 + $1.utf8.count }
        guard size > YAMLLimits.seedSize else { return }
        values.report(
            .outOfRange, at: node,
            "a seed of \(ByteCount(bytes: Int64(size))) is too large: at most "
                + "\(ByteCount(bytes: Int64(YAMLLimits.seedSize))) fit",
            help: "let the guest fetch what is large, or put it on a disk")
    }

    private func hostname(_ fields: MappingReader<CloudInitField>) -> FreeText? {
        guard let node = fields.node(.hostname) else { return nil }
        return values.freeText(
            node, "host name", help: "write letters, digits and inner hyphens, such as web-1", hasIndex: true,
            where: isDomainName)
    }

    private func userData(_ fields: MappingReader<CloudInitField>) -> FreeText? {
        guard let node = fields.node(.userData),
            let text = values.freeText(
                node, "user data", help: "write a text, or leave it out", isLine: false, where: { !$0.isEmpty })
        else { return nil }
        checkUserData(text.text, at: node)
        values.checkForIndex(text.text, at: node, in: "user data")
        return text
    }

    /// cloud-init tells formats apart by the first line, and ignores what it does not know.
    private func checkUserData(_ text: String, at node: NodeIndex) {
        let known = ["#cloud-config", "#cloud-boothook", "#!", "#include", "#part-handler", "## template:"]
        guard !known.contains(where: text.hasPrefix), !CloudInit.isMIME(text) else { return }
        values.report(
            .unlikelyUserData, at: node, "cloud-init ignores user data whose first line does not say what it is",
            help: "begin with #cloud-config, or with #!/bin/sh for a script", severity: .warning)
    }
}
