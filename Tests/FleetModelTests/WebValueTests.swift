import FleetModel
import Testing

/// URLs, and how the web is reached.
@Suite struct WebValueTests {
    @Test func aURLShowsNothingThatGivesAccess() {
        let file = RemoteFile(url: "https://ada:se%40cret@mirror.example.org:8443/a/b.qcow2?token=1#x")
        #expect(file.description == "https://mirror.example.org:8443/a/b.qcow2?…")
        #expect(file.credentials == "ada:se%40cret")
        #expect((file.host, file.port) == ("mirror.example.org", 8443))
        #expect(file.name == "b.qcow2" && file.isEncrypted)
        #expect(file.withoutCredentials.adding("ada:se%40cret") == file)
        let plain = RemoteFile(url: "http://EXAMPLE.org/@/x@y")
        #expect(plain.credentials == nil && plain.host == "example.org" && plain.port == nil && plain.name == "x@y")
        #expect(plain.description == "http://EXAMPLE.org/@/x@y")
        let six = RemoteFile(url: "http://a:b@[fd00::1]:80/x")
        #expect((six.host, six.port) == ("fd00::1", 80))
        #expect(RemoteFile(url: "http://[fd00::1]/x").port == nil)
        #expect(RemoteFile(url: "https://").host.isEmpty)
    }

    @Test func proxiesAreThoseOfTheEnvironment() {
        let web = WebSettings(environment: [
            "http_proxy": "http://p:1", "HTTP_PROXY": "http://q:2", "HTTPS_PROXY": "r:3", "https_proxy": "",
            "no_proxy": "internal, .example.org,10.0.0.1", "SSL_CERT_FILE": "/ca.pem",
        ])
        #expect(web.certificates == "/ca.pem")
        func proxy(_ url: String) -> String? { web.proxy(for: RemoteFile(url: url)) }
        #expect(proxy("http://elsewhere/x") == "http://p:1")
        #expect(proxy("https://elsewhere/x") == "r:3")
        for host in ["internal", "a.internal:80", "EXAMPLE.org", "deep.example.org", "10.0.0.1"] {
            #expect(proxy("http://\(host)/x") == nil, "\(host)")
        }
        for host in ["notinternal", "example.org.uk", "10.0.0.11"] {
            #expect(proxy("http://\(host)/x") == "http://p:1", "\(host)")
        }
        #expect(
            WebSettings(environment: ["http_proxy": "p", "NO_PROXY": "*"]).proxy(for: .init(url: "http://a/b")) == nil)
    }

    @Test func aNameSaysItsFormat() {
        #expect(DiskFormat(fileName: "debian-12.qcow2") == .qcow2)
        #expect(DiskFormat(fileName: "A.QCOW2.XZ") == .qcow2)
        #expect(DiskFormat(fileName: "disk.raw.zst") == .raw)
        for name in ["debian.img", "qcow2", "disk.raw.bz2", "disk.tar.xz"] {
            #expect(DiskFormat(fileName: name) == nil, "\(name)")
        }
    }
}
