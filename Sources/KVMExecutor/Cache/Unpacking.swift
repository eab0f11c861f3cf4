import Crypto
import FleetModel
import Glibc
import HostSystem
import Synchronization

/// Unpacks an image through the program that made it smaller, never further than it can be used.
struct Unpacking: Sendable {
    private let compression: Compression
    private let check: ImageCheck
    private let space: StorageReserve
    private let progress: FetchProgress
    private let operation: String
    /// The most bytes that are written.
    private let largest: Int64

    init(
        _ compression: Compression, _ check: ImageCheck, _ space: StorageReserve, _ progress: FetchProgress,
        _ operation: String
    ) throws(SystemError) {
        self.compression = compression
        self.check = check
        self.space = space
        self.progress = progress
        self.operation = operation
        largest = if let known = check.largestFile { known } else { try space.free() / 2 }
    }

    /// What was written so far.
    private struct Output {
        var offset: Int64 = 0
        var hash = SHA256()
        var header: [UInt8] = []
        var isChecked = false
    }

    /// - Returns: the digest of what was unpacked.
    func run(_ part: PartFile, to path: String) async throws -> FleetModel.Digest {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError.now("write", path) }
        defer { close(descriptor) }
        let output = Mutex(Output())
        // A hostile file may make its program do what it likes, which is then not done as root.
        let user = geteuid() == 0 ? try SystemUser.find() : nil
        do {
            try await Command.stream(
                program.name, program.arguments, package: program.package, input: part.descriptor,
                user: user.map { ($0.user, $0.group) }
            ) { bytes in
                try output.withLock { try take(bytes, &$0, into: descriptor, path) }
            }
        } catch let error as CommandError {
            throw ExecutorError(
                operation, "it cannot be unpacked: \(error)",
                advice: error.advice ?? "check it with \(program.name) -t; it has the digest that is wanted")
        }
        let (size, digest) = output.withLock { ($0.offset, FleetModel.Digest(bytes: $0.hash.finalize())) }
        try await offPool {
            // A hole at its end is written by nobody.
            guard ftruncate(descriptor, off_t(size)) == 0, fchmod(descriptor, 0o444) == 0, fsync(descriptor) == 0 else {
                throw SystemError.now("write", path)
            }
        }
        return digest
    }

    /// Each to standard output; xz(1) may need as much memory as the file says.
    private var program: (name: String, arguments: [String], package: String) {
        switch compression {
        case .gzip: ("gzip", ["-dc"], "gzip")
        case .xz: ("xz", ["-dc", "--memlimit-decompress=1GiB"], "xz-utils")
        case .zstd: ("zstd", ["-dcq", "--memory=1024MiB"], "zstd")
        }
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer, _ output: inout Output, into descriptor: CInt, _ path: String
    ) throws {
        let end = output.offset + Int64(bytes.count)
        if end > largest { throw tooLarge }
        // How much there will be of it, nobody knows: what may be used is asked for from time to time.
        if output.offset >> 24 != end >> 24 { try space.check(operation, ByteCount(bytes: Int64(bytes.count))) }
        output.hash.update(bufferPointer: bytes)
        if output.header.count < DiskImageHeader.length {
            output.header += bytes.prefix(DiskImageHeader.length - output.header.count)
        } else if !output.isChecked {
            // What its header says is seen before its bytes are there.
            if check.file.format == .qcow2 {
                try check.check(output.header, size: DiskImageHeader.maximumSize, operation)
            }
            output.isChecked = true
        }
        try write(bytes, at: output.offset, to: descriptor, path)
        output.offset = end
        progress.moved("unpacked", to: end, of: nil)
    }

    private var tooLarge: ExecutorError {
        let most = ByteCount(bytes: largest).rounded
        guard let limit = check.limit else {
            return ExecutorError(
                operation, "it unpacks to more than \(most), half of what was free, and no disk is made from it yet",
                advice: "let a guest of the manifest have a disk of this image, whose size says how large it may be")
        }
        return ExecutorError(
            operation, "it unpacks to more than \(most), and a disk of \(limit) is to be made from it",
            advice: "give each disk that is made from it the size that the image needs, if you trust it")
    }

    /// Zeros are left out: the file has a hole there.
    private func write(_ bytes: UnsafeRawBufferPointer, at start: Int64, to descriptor: CInt, _ path: String) throws {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        if bytes[0] == 0, memcmp(base, base + 1, bytes.count - 1) == 0 { return }
        var offset = 0
        while offset < bytes.count {
            let count = pwrite(descriptor, base + offset, bytes.count - offset, off_t(start) + offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError.now("write", path) }
            offset += count
        }
    }
}
