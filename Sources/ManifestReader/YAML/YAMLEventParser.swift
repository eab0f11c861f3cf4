import CYAML

/// libyaml's parser over the bytes of a file. Owns the parser and its last event.
final class YAMLEventParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let source: SourceFile
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Nil where libyaml finds no memory.
    init?(_ source: SourceFile) {
        self.source = source
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        // libyaml keeps the pointer, so that it has to outlive any access to the array.
        input = .allocate(capacity: max(1, source.bytes.count))
        _ = input.initialize(from: source.bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            event.deallocate()
            parser.deallocate()
            input.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        let start = source.startsWithByteOrderMark ? 3 : 0
        yaml_parser_set_input_string(parser, input.baseAddress! + start, source.bytes.count - start)
    }

    deinit {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        event.deallocate()
        parser.deallocate()
        input.deallocate()
    }

    /// The next event, which is valid until the one after it is asked for.
    func next() throws(YAMLFailure) -> UnsafeMutablePointer<yaml_event_t> {
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { throw failure() }
        return event
    }

    private func failure() -> YAMLFailure {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "libyaml gives no reason"
        switch parser.pointee.error {
        case YAML_READER_ERROR:
            let offset = Int(parser.pointee.problem_offset) + (source.startsWithByteOrderMark ? 3 : 0)
            let (line, column) = source.lines.position(ofByte: offset)
            return YAMLFailure(
                .invalidEncoding, line: line, column: column, "the file is not UTF-8 text: \(problem)",
                help: "save it as UTF-8, without control characters")
        case YAML_MEMORY_ERROR:
            return YAMLFailure(.invalidSyntax, parser.pointee.mark, "no memory is left to read the file")
        default:
            let mark = parser.pointee.problem_mark
            let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
            return YAMLFailure(.invalidSyntax, mark, "this is not YAML: \(problem)\(context)", help: help(at: mark))
        }
    }

    /// What to write instead, for the mistakes that are made most.
    private func help(at mark: yaml_mark_t) -> String? {
        let line = source.lines.text(Int(mark.line))
        let scalars = line.unicodeScalars.dropFirst(Int(mark.column))
        if scalars.first == "\t" || line.unicodeScalars.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return "indent with spaces: YAML does not allow tabs"
        }
        if line.contains(ValueReader.indexMark) {
            return "inside { } and [ ], a text with {index} in it needs quotes"
        }
        if line.contains("${") {
            return "inside { } and [ ], a text with ${…} in it needs quotes; write a number on a line of its own"
        }
        let start = parser.pointee.context_mark
        if parser.pointee.context != nil, start.line < mark.line {
            return "look for the end of what begins at line \(start.line + 1), column \(start.column + 1)"
        }
        switch scalars.first {
        case "@", "`", "%": return "a text that starts with \(scalars.first!) needs quotes"
        case ":": return "a text with “: ” in it needs quotes"
        default: return "check indentation and quotes on this line and the one before it"
        }
    }
}
