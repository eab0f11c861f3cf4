import Testing

@testable import LodgeCLI

@Suite struct CopyEndTests {
    @Test(arguments: [
        ("web-1:/etc/hosts", CopyEnd.guest("web-1", path: "/etc/hosts")),
        ("guest.web-1:/a:b", .guest("guest.web-1", path: "/a:b")),
        ("demo/web-1:/a b", .guest("demo/web-1", path: "/a b")),
        ("web-1:etc", .local("web-1:etc")), ("./web-1:/etc", .local("./web-1:/etc")),
        ("/a/b/c:/d", .local("/a/b/c:/d")),
        ("file", .local("file")), (":/x", .local(":/x")), ("Web:/x", .local("Web:/x")),
    ])
    func whatIsInAGuestIsToldFromWhatIsHere(text: String, end: CopyEnd) {
        #expect(CopyEnd(argument: text) == end)
    }
}
