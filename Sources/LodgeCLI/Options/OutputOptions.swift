import ArgumentParser

/// How a command writes what it has to say.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(name: .customLong("output"), help: "How to write the result.")
    var format = Format.text

    @OptionGroup var colour: ColourOptions

    var style: TextStyle { colour.style }
}

/// The same for what can be read as a document, such as a comment on a pull request.
struct DocumentOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }

    @Option(name: .customLong("output"), help: "How to write the result.")
    var format = Format.text

    @OptionGroup var colour: ColourOptions

    var style: TextStyle { colour.style }
}

struct ColourOptions: ParsableArguments {
    @Flag(name: .customLong("no-color"), help: "Write without colours (NO_COLOR does the same).")
    var plain = false

    var style: TextStyle { plain ? .plain : Terminal.output.style }
}
