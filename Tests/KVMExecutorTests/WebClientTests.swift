import FleetModel
import Testing

@testable import KVMExecutor

@Suite struct WebClientTests {
    @Test(arguments: [
        ("https://a:b@host/x", "https://HOST:443/y", true), ("http://host:80/x", "http://host/y", true),
        ("https://host/x", "https://host:8443/y", false), ("http://host/x", "https://host/y", false),
        ("http://host:443/x", "https://host/y", false), ("https://host/x", "https://other/y", false),
    ])
    func aServerIsSchemeAndHostAndPort(one: String, other: String, isSame: Bool) {
        #expect(RemoteFile(url: one).isSameServer(as: RemoteFile(url: other)) == isSame)
        #expect(RemoteFile(url: other).isSameServer(as: RemoteFile(url: one)) == isSame)
    }
}
