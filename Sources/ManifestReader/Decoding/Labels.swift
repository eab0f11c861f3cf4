/// Labels are words, as in Kubernetes: selectors compare them and tools show them.
extension ValueReader {
    private static let labelLength = 63

    /// The labels in a mapping, merge keys resolved.
    func labels(_ node: NodeIndex) -> [String: String] {
        guard tree.kind(node) == .mapping else {
            return wrongType(node, needed: "a mapping", help: Self.mappingHelp) ?? [:]
        }
        var labels: [String: String] = [:]
        var keys: [String: NodeIndex] = [:]
        let end = tree.nodes[Int(node)].end
        var hasMerge = false
        var key = node + 1
        while key < end {
            let value = tree.nodes[Int(key)].end
            if tree.kind(key) == .scalar {
                if isMergeKey(key) {
                    hasMerge = true
                } else if let label = word(key, "label's name", mayBeEmpty: false) {
                    if labels[label] != nil {
                        // Looked for again only here, so that good labels cost one dictionary.
                        keys = keys.isEmpty ? firstKeys(of: node) : keys
                        reportDuplicateKey(key, first: keys[label] ?? node)
                    } else {
                        labels[label] = word(tree.resolved(value), "label's value", mayBeEmpty: true) ?? ""
                    }
                }
            }
            key = tree.nodes[Int(value)].end
        }
        if hasMerge {
            for source in mergedMappings(of: node) { labels.merge(self.labels(source)) { own, _ in own } }
        }
        return labels
    }

    private func firstKeys(of mapping: NodeIndex) -> [String: NodeIndex] {
        var keys: [String: NodeIndex] = [:]
        let end = tree.nodes[Int(mapping)].end
        var key = mapping + 1
        while key < end {
            if tree.kind(key) == .scalar, keys[tree.string(key)] == nil { keys[tree.string(key)] = key }
            key = tree.nodes[Int(tree.nodes[Int(key)].end)].end
        }
        return keys
    }

    private func word(_ node: NodeIndex, _ what: String, mayBeEmpty: Bool) -> String? {
        guard let text = string(node) else { return nil }
        if text.isEmpty ? mayBeEmpty : Self.isWord(text) { return text }
        return invalid(
            node, "no \(what)",
            help: "write at most \(Self.labelLength) letters, digits and inner “-”, “_”, “.”, “/”")
    }

    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= labelLength else {
            return false
        }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { byte in
                isAlphanumeric(byte) || byte == 0x2D || byte == 0x5F || byte == 0x2E || byte == 0x2F
            }
    }
}

/// Whether a byte is an ASCII letter or digit.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
}
