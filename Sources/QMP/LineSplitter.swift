import FoundationEssentials
import Glibc
import NIOCore

/// Cuts the bytes of a stream into lines. Each byte is looked at once, however the lines arrive.
struct LineSplitter {
    /// The most bytes that a line may have, its end not counted.
    let limit: Int
    private var buffer = ByteBuffer()
    /// How many readable bytes are known to hold no line feed.
    private var searched = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// The next whole line without its line feed, or `nil` until more bytes come.
    /// - Throws: `lineTooLong`, as soon as the bytes of an unfinished line are above the limit.
    mutating func next() throws(QMPError.Reason) -> Data? {
        let (line, length): (Data?, Int) = buffer.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress, bytes.count > searched,
                let end = memchr(start + searched, 0x0A, bytes.count - searched)
            else { return (nil, bytes.count) }
            let length = start.distance(to: UnsafeRawPointer(end))
            return (length > limit ? nil : Data(bytes.prefix(length)), length)
        }
        guard length <= limit else { throw .lineTooLong(limit: limit) }
        guard let line else {
            searched = length
            return nil
        }
        buffer.moveReaderIndex(forwardBy: length + 1)
        searched = 0
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return line
    }
}
