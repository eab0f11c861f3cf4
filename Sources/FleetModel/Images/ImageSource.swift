/// Where an image comes from that is measured only when it is on its host: it is on the web, or compressed.
public enum ImageSource: Codable, Hashable, Sendable {
    case local(LocalFile)
    case remote(RemoteFile)

    public var withoutCredentials: ImageSource {
        if case .remote(let file) = self { .remote(file.withoutCredentials) } else { self }
    }
}

extension ImageSource: CustomStringConvertible {
    /// The path, or the URL without what gives access.
    public var description: String {
        switch self {
        case .local(let file): file.path
        case .remote(let file): file.description
        }
    }
}
