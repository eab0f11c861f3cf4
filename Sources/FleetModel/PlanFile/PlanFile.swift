import FoundationEssentials

/// A saved plan as text: indented JSON with sorted keys, and before all else the digest of the rest.
///
/// The digest is over the bytes as they stand, so that any edit, a change of line ends too, is noticed. It is no
/// signature: who can write the file can also write the digest.
public enum PlanFile {
    /// A larger file is not read. A plan of 10,000 new guests takes about 40 MiB.
    public static let maximumSize = 512 << 20

    private static let start = "{\n  \"digest\" : \""
    private static let afterDigest = "\",\n"

    public static func text(of saved: SavedPlan) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            // Without the brace and the line break that come first.
            let rest = Array(try encoder.encode(saved).dropFirst(2)) + [0x0A]
            return Array("\(start)\(Digest(of: rest))\(afterDigest)".utf8) + rest
        } catch {
            // A plan is plain data: numbers are finite, keys are strings.
            fatalError("the plan cannot be encoded as JSON: \(error)")
        }
    }

    /// - Parameter bytes: the content of a file, whoever wrote it.
    public static func read(_ bytes: [UInt8]) throws(PlanFileError) -> SavedPlan {
        let digestEnd = start.utf8.count + 64
        let restStart = digestEnd + afterDigest.utf8.count
        guard bytes.starts(with: start.utf8), bytes.count > restStart,
            let digest = Digest(parsing: String(decoding: bytes[start.utf8.count..<digestEnd], as: UTF8.self)),
            bytes[digestEnd...].starts(with: afterDigest.utf8)
        else { throw foreign(bytes) }
        guard Digest(of: bytes[restStart...]) == digest else {
            throw bytes.suffix(3) == [0x0A, 0x7D, 0x0A] ? .changed : .truncated
        }
        do {
            let data = Data(bytes)
            let decoder = JSONDecoder()
            do {
                let saved = try decoder.decode(SavedPlan.self, from: data)
                try saved.header.check()
                try saved.check()
                return saved
            } catch let error as DecodingError {
                // A newer layout need not decode; its header does.
                if let header = try? decoder.decode(HeaderAlone.self, from: data).header,
                    header.version > SavedPlan.Header.currentVersion
                {
                    throw PlanFileError.newer(version: header.version, lodgeVersion: header.lodgeVersion)
                }
                throw PlanFileError.malformed(error.place)
            }
        } catch let error as PlanFileError {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    private struct HeaderAlone: Decodable {
        struct Header: Decodable {
            var format: String
            var version: Int
            var lodgeVersion: String
        }

        var header: Header
    }

    /// What a file is that does not begin as ours do.
    private static func foreign(_ bytes: [UInt8]) -> PlanFileError {
        let beginning = String(decoding: bytes.prefix(4096), as: UTF8.self)
        return beginning.contains("\"\(SavedPlan.Header.currentFormat)\"") ? .changed : .notAPlan
    }
}

extension SavedPlan.Header {
    fileprivate func check() throws(PlanFileError) {
        guard format == Self.currentFormat else { throw .notAPlan }
        guard version <= Self.currentVersion else { throw .newer(version: version, lodgeVersion: lodgeVersion) }
    }
}

extension SavedPlan {
    /// What every plan of Lodge's holds to, and an apply relies on.
    fileprivate func check() throws(PlanFileError) {
        let hosts = Set(inputs.hosts.map(\.name))
        guard hosts.count == inputs.hosts.count else { throw .malformed("a host is there twice") }
        guard header.fleet == plan.fleet else { throw .malformed("it is of two fleets") }
        guard plan.refusals.isEmpty else { throw .malformed("it was refused when it was made") }
        for (position, step) in plan.steps.enumerated() {
            guard step.id == position, step.needs.allSatisfy({ (0..<position).contains($0) }) else {
                throw .malformed("its steps are not in order at step \(position)")
            }
            guard hosts.contains(step.host) else { throw .malformed("host \(step.host) is not among its hosts") }
        }
    }
}

extension DecodingError {
    /// Where decoding stopped, in a line.
    fileprivate var place: String {
        let (context, what) =
            switch self {
            case .dataCorrupted(let context): (context, "no valid value")
            case .keyNotFound(let key, let context): (context, "\(key.stringValue) is missing")
            case .typeMismatch(_, let context): (context, "a value of another kind")
            case .valueNotFound(_, let context): (context, "no value")
            @unknown default: (Context(codingPath: [], debugDescription: ""), "no valid value")
            }
        let path = context.codingPath.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? what : "\(what) at \(path)"
    }
}
