/// Where manifests come from: one `-f` of the command line.
public enum ManifestSource: Hashable, Sendable {
    /// A file, or a folder whose `*.yaml` and `*.yml` files are read, those of its subfolders included, in the
    /// order of their paths.
    case path(String)
    /// Standard input, shown as `-`. Relative paths in it start at the working directory.
    case standardInput
    /// A manifest in memory. `file` is what diagnostics call it; relative paths in it start at `folder`, which
    /// is absolute.
    case text([UInt8], file: String, folder: String)

    /// The source that an argument of `-f` means: `-` is standard input.
    public init(argument: String) { self = argument == "-" ? .standardInput : .path(argument) }
}
