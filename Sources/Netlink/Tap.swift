import CLinux
import SystemPackage

/// Virtual Ethernet interfaces whose far end is a process, such as QEMU.
public enum Tap {
    /// Creates a tap and returns the descriptor that holds it: the interface is gone when its last copy closes.
    ///
    /// The tap carries whole Ethernet frames (`IFF_NO_PI`) behind the virtio header that QEMU's `vnet_hdr=on` expects
    /// (`IFF_VNET_HDR`). The descriptor is the caller's to close, and close-on-exec: a process that becomes QEMU clears
    /// that first. It is created in the calling thread's network namespace. Needs CAP_NET_ADMIN and `/dev/net/tun`.
    ///
    /// - Throws: ``NetlinkError/Reason/busy`` where any interface has this name: a tap of somebody else's that persists
    ///   is never joined.
    public static func open(name: String) throws(NetlinkError) -> FileDescriptor {
        try InterfaceName.check(name, for: .openTap)
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open("/dev/net/tun", .readWrite, options: .closeOnExec)
        } catch {
            throw NetlinkError(.openTap, name, error as? Errno ?? .ioError)
        }
        let flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL
        let result = clinux_tun_set_interface(descriptor.rawValue, name, flags)
        guard result == 0 else {
            try? descriptor.close()
            throw NetlinkError(.openTap, name, Errno(rawValue: -result))
        }
        return descriptor
    }
}
