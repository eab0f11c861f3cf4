import Netlink

/// The error that `body` ends with, or nil where it succeeds.
func failure<Value>(of body: () throws(NetlinkError) -> Value) -> NetlinkError? {
    do throws(NetlinkError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
