import FleetModel
import FoundationEssentials

/// What is not any more as it was last applied, for people.
public func renderDrift(_ changes: [Change], style: TextStyle) -> String {
    guard !changes.isEmpty else {
        return style.paint("No changes. Your infrastructure still matches what was last applied.", .bold) + "\n"
    }
    var text = style.paint("Objects have changed outside of Lodge since they were last applied:", .bold) + "\n"
    for change in changes {
        text += "\n" + style.paint("  # \(change.address) has changed", .bold) + "\n"
        text += "  \(style.paint("~", .changed)) \(change.address) on \(change.host)\n"
        for cause in change.causes { text += "      # \(cause)\n" }
    }
    return text + "\nNothing is planned about it. lodge plan without --refresh-only says what an apply would do.\n"
}

/// The same as JSON, in the layout of a plan in which nothing is planned.
public func renderDriftJSON(_ changes: [Change], of fleet: Name, timestamp: String) -> String {
    struct Document: Encodable {
        let formatVersion = "1.0"
        let lodgeVersion = Lodge.version
        let fleet: Name
        let applyable = false
        let timestamp: String
        let resourceChanges: [ResourceChange] = []
        let resourceDrift: [ResourceChange]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let document = Document(
        fleet: fleet, timestamp: timestamp, resourceDrift: changes.map { ResourceChange($0, stops: false) })
    do {
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    } catch {
        // The document is plain data: its numbers are finite and its keys are strings.
        fatalError("the drift cannot be written as JSON: \(error)")
    }
}
