import CLinux

/// A request to the kernel: `struct nlmsghdr`, a fixed header for the message's family, and attributes.
struct RequestMessage: Equatable, Sendable {
    /// `RTM_NEWLINK` and the like.
    let type: UInt16
    /// `NLM_F_CREATE` and the like; `NLM_F_REQUEST` is always among them.
    let flags: UInt16
    /// The memory of `struct ifinfomsg`, `ifaddrmsg`, `ndmsg` or `rtmsg`.
    let header: [UInt8]
    let attributes: [Attribute]

    init(
        _ type: some BinaryInteger,
        flags: Int32,
        header: some BitwiseCopyable,
        attributes: [Attribute] = []
    ) {
        self.type = UInt16(type)
        self.flags = UInt16(NLM_F_REQUEST | flags)
        self.header = [UInt8](memoryOf: header)
        self.attributes = attributes
    }

    /// The message's bytes.
    ///
    /// - Parameter sequence: the number that the kernel's reply will carry.
    func serialised(sequence: UInt32) -> [UInt8] {
        let fixed = MemoryLayout<nlmsghdr>.size + header.count.alignedForNetlink
        let length = attributes.reduce(fixed) { $0 + $1.paddedLength }
        var output: [UInt8] = []
        output.reserveCapacity(length)
        output.append(
            memoryOf: nlmsghdr(
                nlmsg_len: UInt32(length), nlmsg_type: type, nlmsg_flags: flags, nlmsg_seq: sequence, nlmsg_pid: 0))
        output += header
        output.pad(by: fixed - output.count)
        for attribute in attributes { attribute.serialise(into: &output) }
        return output
    }
}
