import FoundationEssentials
import Glibc
import HostSystem

/// Where the project's files are, and what was built from them.
enum Project {
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(4)
        return "/" + parts.joined(separator: "/")
    }()

    /// The folder of this test's own program, where the lodge that was built with it is too.
    static let programFolder: String = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
    }()

    static var program: String { "\(programFolder)/lodge" }

    /// The folders with fleets below a folder of the project, by name.
    static func fleets(in folder: String) -> [String] {
        let entries = (try? Files.list("\(root)/\(folder)")) ?? []
        return entries.map { "\(folder)/\($0)" }.filter { fleet in
            ((try? Files.list("\(root)/\(fleet)")) ?? []).contains { $0.hasSuffix(".yaml") }
        }
    }
}
