import QMP
import Testing

/// Expects `operation` to throw a `QMPError`, and gives its reason.
func reason<Value>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () async throws(QMPError) -> Value
) async -> QMPError.Reason? {
    do throws(QMPError) {
        let value = try await operation()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error.reason
    }
}

extension QMPError.Reason {
    var isProtocolViolation: Bool {
        if case .protocolViolation = self { true } else { false }
    }

    var isDisconnected: Bool {
        if case .disconnected = self { true } else { false }
    }
}
