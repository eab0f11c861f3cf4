/// Integers, the least of which can be taken.
public struct IntegerHeap: Sendable {
    private var entries: [Int]

    public init(_ integers: [Int] = []) {
        // A sorted array is a heap.
        entries = integers.sorted()
    }

    public mutating func insert(_ integer: Int) {
        entries.append(integer)
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    public mutating func popLeast() -> Int? {
        guard let least = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return least }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child] < entries[least] { least = child }
            }
            guard least != parent else { break }
            entries.swapAt(parent, least)
            parent = least
        }
        return least
    }
}
