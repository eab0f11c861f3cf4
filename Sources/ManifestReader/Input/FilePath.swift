/// Paths as text: components joined by slashes. Links and `..` are the system's to follow.
enum FilePath {
    /// `path` itself where it is absolute, else below `folder`; without empty and `.` components.
    static func resolve(_ path: String, in folder: String) -> String {
        let joined = path.hasPrefix("/") ? path : folder + "/" + path
        return "/" + joined.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The folder that a file lies in: what stands before the last slash of an absolute path.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The path of a `file:` URL (RFC 8089), percent signs decoded; nil where it is not one of this machine.
    static func path(ofFileURL url: String) -> String? {
        guard url.lowercased().hasPrefix("file:") else { return nil }
        var rest = url.dropFirst("file:".count)
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            if rest.lowercased().hasPrefix("localhost/") { rest = rest.dropFirst("localhost".count) }
        }
        guard rest.hasPrefix("/") else { return nil }
        var bytes: [UInt8] = []
        var digits = 0
        var code: UInt8 = 0
        for byte in rest.utf8 {
            if digits > 0 {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
                code = code << 4 | UInt8(digit)
                digits -= 1
                if digits == 0 { bytes.append(code) }
            } else if byte == UInt8(ascii: "%") {
                digits = 2
                code = 0
            } else {
                bytes.append(byte)
            }
        }
        guard digits == 0, !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
