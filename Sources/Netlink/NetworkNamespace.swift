import SystemPackage

/// Another network namespace, as a request names it.
public enum NetworkNamespace: Sendable {
    /// That of the process (or thread) with this id.
    case process(Int32)
    /// An open `/proc/PID/ns/net` or `/run/netns/NAME`; only borrowed for the call.
    case descriptor(FileDescriptor)
}
