import FleetModel

/// Hosts by the memory that is left on them: the one with the most on top, the first by name among equals.
struct FreeMemoryHeap {
    /// Hosts count in the order of their names, so that a smaller `host` is the first by name.
    typealias Entry = (host: Int, free: Int64)

    private var entries: [Entry]

    init(_ entries: [Entry]) {
        self.entries = entries.sorted(by: Self.precedes)
    }

    var isEmpty: Bool { entries.isEmpty }
    var top: Entry? { entries.first }

    /// Takes memory of the host on top.
    mutating func take(_ amount: Int64) {
        entries[0].free -= amount
        var parent = 0
        while true {
            var first = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if Self.precedes(entries[child], entries[first]) { first = child }
            }
            guard first != parent else { return }
            entries.swapAt(parent, first)
            parent = first
        }
    }

    private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
        a.free == b.free ? a.host < b.host : a.free > b.free
    }
}
