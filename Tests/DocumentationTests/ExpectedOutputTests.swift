import Testing

/// The comparison that the tests of documents rely on sees differences.
struct ExpectedOutputTests {
    @Test(arguments: [
        ("a\nb\n", "a\nb\n"), ("a …s\n", "a 0.1s\n"), ("…\nb\n", "x\ny\nb\n"), ("a\n  …\n", "a\n"),
        ("a b\n", "a    b  \n"),
        ("…\nb\n…\nd\n", "a\nb\nb\nc\nd\n"), ("  …MiB  …\n", "  12MiB  13MiB\n"),
    ])
    func isSeenInOutput(expected: String, output: String) {
        #expect(ExpectedOutput(text: expected).mismatch(with: output) == nil)
    }

    @Test(arguments: [
        ("a\nb\n", "a\nc\n"), ("a …s\n", "a 0.1m\n"), ("…\nb\n", "x\ny\n"), ("a\n", "a\nb\n"), ("a\nb\n", "a\n"),
        ("  a\n", "a\n"), ("a…b…c\n", "abb\n"),
    ])
    func isNotSeenInOutput(expected: String, output: String) {
        #expect(ExpectedOutput(text: expected).mismatch(with: output) != nil)
    }

    @Test
    func blocksAreFoundWithTheirLanguageAndLine() {
        let blocks = CodeBlock.all(in: "text\n```sh\nls\n```\n\n```yaml\n# file: a/b.yaml\nk: v\n```\n")
        #expect(blocks.map(\.language) == ["sh", "yaml"])
        #expect(blocks.map(\.text) == ["ls\n", "# file: a/b.yaml\nk: v\n"])
        #expect(blocks.map(\.line) == [2, 6])
        #expect(blocks.map(\.fileName) == [nil, "a/b.yaml"])
    }
}
