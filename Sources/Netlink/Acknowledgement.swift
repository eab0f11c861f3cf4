import CLinux
import SystemPackage

/// The end of the kernel's answer to a request: success, or an error with the kernel's explanation.
struct Acknowledgement: Equatable, Sendable {
    /// nil for success.
    let errno: Errno?
    /// The extended acknowledgement's text (`NLMSGERR_ATTR_MSG`), English, without a full stop; often absent.
    let text: String?

    /// Reads `NLMSG_ERROR` and `NLMSG_DONE`; nil for any other message.
    init?(_ message: ReceivedMessage) throws(MalformedMessage) {
        var reader = ByteReader(message.payload)
        switch Int32(message.type) {
        case NLMSG_ERROR:
            errno = try Self.errno(reader.read(Int32.self))
            let request = try reader.read(nlmsghdr.self)
            if message.flags & UInt16(NLM_F_CAPPED) == 0 {
                // The refused request comes back whole before the attributes.
                let length = Int(request.nlmsg_len) - MemoryLayout<nlmsghdr>.size
                guard length >= 0 else { throw MalformedMessage("an error quotes a request shorter than its header") }
                _ = try reader.take(min(length.alignedForNetlink, reader.remaining.count))
            }
        case NLMSG_DONE:
            errno = reader.remaining.isEmpty ? nil : try Self.errno(reader.read(Int32.self))
        default:
            return nil
        }
        guard message.flags & UInt16(NLM_F_ACK_TLVS) != 0 else {
            text = nil
            return
        }
        text = try ReceivedAttributes(reader.remaining).string(NLMSGERR_ATTR_MSG.rawValue)
    }

    /// The kernel sends 0 or a negated errno value.
    private static func errno(_ code: Int32) throws(MalformedMessage) -> Errno? {
        // 4095 is MAX_ERRNO in the kernel's include/linux/err.h.
        guard (-4095...0).contains(code) else { throw MalformedMessage("\(code) is not a negated error number") }
        return code == 0 ? nil : Errno(rawValue: -code)
    }
}
