import FleetModel
import HostSystem
import NIOCore
import SystemPackage

/// Fetches one file, with as many attempts as it takes while it gets on.
struct WebFetch: Sendable {
    let file: RemoteFile
    let web: WebSettings
    /// Where it is written, and what is not to be used up there.
    let space: StorageReserve
    /// The most bytes that are of use; nil: not known.
    var largest: Int64?
    let progress: FetchProgress

    /// Attempts in a row that got nowhere, after which it is given up.
    private static let attempts = 5
    /// The most that a server may ask to wait for, in seconds.
    private static let patience = 300
    /// An attempt that brought so many bytes got somewhere.
    private static let advance: Int64 = 64 << 10
    /// A connection that brings less than that in so long is given up.
    private static let pace = Duration.seconds(60)

    /// Fetches what is missing of the file.
    ///
    /// - Throws: where it cannot be had, and where the task is cancelled; what was fetched stays.
    func complete(_ part: PartFile) async throws(ExecutorError) {
        var (fruitless, furthest) = (0, part.size)
        while true {
            do throws(WebFailure) {
                return try await attempt(part)
            } catch {
                guard !Task.isCancelled else { throw interrupted(part) }
                guard case .passing(let after) = error.kind else { throw failure(error) }
                fruitless = part.size >= furthest + Self.advance ? 0 : fruitless + 1
                furthest = max(furthest, part.size)
                if let after, after > Self.patience { throw Self.asked(toWait: after, error, file) }
                guard fruitless < Self.attempts else { throw failure(error, part) }
                let wait = max(Duration.milliseconds(250 << fruitless), .seconds(after ?? 0))
                progress.say("\(error.text); once more in \(max(1, wait.components.seconds)) s")
                guard (try? await Task.sleep(for: wait)) != nil else { throw interrupted(part) }
            }
        }
    }

    private func attempt(_ part: PartFile) async throws(WebFailure) {
        let present = part.size
        var headers: [(name: String, value: String)] = []
        if present > 0 {
            headers.append(("range", "bytes=\(present)-"))
            if let validator = part.validator { headers.append(("if-range", validator)) }
        }
        try await WebClient(web: web).get(file, headers: headers) { response in
            let total: Int64?
            switch response.status {
            case 200:
                part.empty()
                part.setValidator(response.validator)
                total = response.length
            case 206:
                guard response.range.start == present else {
                    part.empty()
                    throw WebFailure(.passing(after: nil), "the server sent another part than was asked for")
                }
                total = response.length.map { present + $0 }
            // There is nothing behind what is there already.
            case 416 where present > 0 && response.range.total == present: return
            case 416 where present > 0:
                part.empty()
                throw WebFailure(.passing(after: nil), "the server has less than was fetched before")
            default: throw Self.refusal(response)
            }
            try await receive(response, into: part, total: total)
        }
    }

    private func receive(_ response: WebResponse, into part: PartFile, total: Int64?) async throws {
        if let total {
            try refuse(total, "its length is")
            try askForRoom(total - part.size)
        }
        var (since, before) = (ContinuousClock.now, part.size)
        for try await var buffer in response.body {
            let (present, after) = (part.size, part.size + Int64(buffer.readableBytes))
            if since.duration(to: .now) >= Self.pace {
                guard present - before >= Self.advance else {
                    throw WebFailure(.passing(after: nil), "hardly anything comes any more")
                }
                (since, before) = (.now, present)
            }
            if total == nil, present >> 24 != after >> 24 {
                do {
                    try refuse(after, "it has sent")
                    try askForRoom(16 << 20)
                } catch {
                    part.empty()
                    throw error
                }
            }
            do throws(SystemError) {
                try buffer.readWithUnsafeReadableBytes { bytes throws(SystemError) in
                    try part.append(bytes)
                    return bytes.count
                }
            } catch {
                // Guests write to that file system, too.
                if error.errno == .noSpace { part.empty() }
                throw WebFailure(.final, error.facts, advice: error.advice)
            }
            progress.moved("fetched", to: part.size, of: total)
        }
        guard total == nil || total == part.size else {
            throw WebFailure(.passing(after: nil), "the connection broke")
        }
    }

    private func askForRoom(_ size: Int64) throws(WebFailure) {
        do { try space.check("fetch \(file)", ByteCount(bytes: size)) } catch {
            throw WebFailure(.final, error.reason, advice: error.advice)
        }
    }

    /// Whoever serves more than can be used shall not fill the host.
    private func refuse(_ size: Int64, _ words: String) throws(WebFailure) {
        guard let largest, size > largest else { return }
        throw WebFailure(
            .final,
            "\(words) \(ByteCount(bytes: size).rounded), and no image of a disk as small as those that are to be made from "
                + "it has more than \(ByteCount(bytes: largest).rounded)",
            advice:
                "check the URL; or give each disk that is made from it the size that the image needs, if you trust it")
    }

    private static func asked(toWait seconds: Int, _ error: WebFailure, _ file: RemoteFile) -> ExecutorError {
        ExecutorError(
            "fetch \(file)", "\(error.text), and asks to wait for \(seconds) s", advice: "try again after that")
    }

    private static func refusal(_ response: WebResponse) -> WebFailure {
        let status = "the server answered with status \(response.status)"
        return switch response.status {
        case 408, 425, 429, 500...599: WebFailure(.passing(after: response.retryAfter), status)
        case 401, 403, 407:
            WebFailure(
                .final, "\(status): it may not be fetched",
                advice: "check user and password in the URL; or fetch it yourself, and name the file's path")
        case 404, 410:
            WebFailure(
                .final, "\(status): it is not there",
                advice:
                    "check the URL: old images are often removed when there are newer ones; then name a newer one with its "
                    + "digest")
        default: WebFailure(.final, status, advice: "look at what it serves with curl -v")
        }
    }

    private func failure(_ error: WebFailure, _ part: PartFile? = nil) -> ExecutorError {
        var text = error.text
        if let part {
            text += ", \(Self.attempts) times in a row"
            if part.size > 0 {
                text += "; \(ByteCount(bytes: part.size).rounded) were fetched, and are kept for the next time"
            }
        }
        return ExecutorError("fetch \(file)", text, advice: error.advice ?? (part == nil ? nil : "try again later"))
    }

    private func interrupted(_ part: PartFile) -> ExecutorError {
        ExecutorError(
            "fetch \(file)",
            "it was interrupted after \(ByteCount(bytes: part.size).rounded), which are kept for the next time")
    }
}
