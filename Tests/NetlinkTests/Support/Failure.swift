import Netlink

/// The `NetlinkError` that `body` ends with; nil where it succeeds or ends with another error.
func failure<Value>(of body: () throws -> Value) -> NetlinkError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? NetlinkError
    }
}
