/// The most that the weights of a set of steps can sum up to, where each step that is in the set has all that it
/// needs in the set as well.
///
/// That is a closure of largest weight, which is a minimum cut (Picard 1976): every positive weight sends what it has
/// along its needs to negative ones, and what cannot be sent is the gain. Any flow shows that there is no larger
/// gain; where needs form chains longer than `depth`, the flow is not driven to its maximum and the result is only
/// never too small.
///
/// - Parameters:
///   - needs: For each node the nodes that it needs.
///   - hints: How much a node may send to which other one, as far as its needs really lead there and both have it.
func largestGain(
    _ weights: [Int64], needs: [[Int]], hints: [(from: Int, to: Int, amount: Int64)] = [], depth: Int = 64
) -> Int64 {
    var flow = Flow(weights, needs)
    for hint in hints { flow.send(hint.amount, from: hint.from, to: hint.to) }
    return flow.unsent(depth: depth)
}

/// Dinic's algorithm, with its levels bounded.
private struct Flow {
    private let source: Int
    private let sink: Int
    private var heads: [[Int]]
    private var targets: [Int] = []
    private var capacities: [Int64] = []
    private var levels: [Int] = []
    private var cursors: [Int] = []
    private var total: Int64 = 0

    init(_ weights: [Int64], _ needs: [[Int]]) {
        source = weights.count
        sink = weights.count + 1
        heads = Array(repeating: [], count: weights.count + 2)
        for (node, weight) in weights.enumerated() {
            if weight > 0 {
                connect(source, node, weight)
                total += weight
            } else if weight < 0 {
                connect(node, sink, -weight)
            }
            for need in needs[node] { connect(node, need, .max / 4) }
        }
    }

    private mutating func connect(_ from: Int, _ to: Int, _ capacity: Int64) {
        heads[from].append(targets.count)
        targets.append(to)
        capacities.append(capacity)
        heads[to].append(targets.count)
        targets.append(from)
        capacities.append(0)
    }

    /// Sends along a need, or along two, what can be sent.
    mutating func send(_ amount: Int64, from: Int, to: Int) {
        let ends = [edge(source, from), edge(to, sink)].compactMap { $0 }
        guard ends.count == 2, let path = path(from, to) else { return }
        let edges = ends + path
        let part = edges.reduce(amount) { min($0, capacities[$1]) }
        guard part > 0 else { return }
        for edge in edges {
            capacities[edge] -= part
            capacities[edge ^ 1] += part
        }
        total -= part
    }

    private func edge(_ from: Int, _ to: Int) -> Int? {
        // The edges of source and sink are looked for at the other end, where there are few.
        if from == source { return heads[to].first { targets[$0] == source && $0 & 1 == 1 }.map { $0 ^ 1 } }
        return heads[from].first { targets[$0] == to && $0 & 1 == 0 }
    }

    private func path(_ from: Int, _ to: Int) -> [Int]? {
        if let edge = edge(from, to) { return [edge] }
        for first in heads[from] where first & 1 == 0 && targets[first] != sink {
            if let second = edge(targets[first], to) { return [first, second] }
        }
        return nil
    }

    mutating func unsent(depth: Int) -> Int64 {
        var left = total
        while left > 0, findLevels(), levels[sink] <= depth {
            cursors = Array(repeating: 0, count: heads.count)
            left -= push(.max / 4, from: source)
        }
        return left
    }

    private mutating func findLevels() -> Bool {
        levels = Array(repeating: -1, count: heads.count)
        levels[source] = 0
        var queue = [source]
        var first = 0
        while first < queue.count, levels[sink] < 0 {
            let node = queue[first]
            first += 1
            for edge in heads[node] where capacities[edge] > 0 && levels[targets[edge]] < 0 {
                levels[targets[edge]] = levels[node] + 1
                queue.append(targets[edge])
            }
        }
        return levels[sink] >= 0
    }

    /// - Returns: how much of the amount reached the sink.
    private mutating func push(_ amount: Int64, from node: Int) -> Int64 {
        guard node != sink else { return amount }
        var sent: Int64 = 0
        while cursors[node] < heads[node].count, sent < amount {
            let edge = heads[node][cursors[node]]
            let next = targets[edge]
            if capacities[edge] > 0, levels[next] == levels[node] + 1 {
                let part = push(min(amount - sent, capacities[edge]), from: next)
                capacities[edge] -= part
                capacities[edge ^ 1] += part
                sent += part
            }
            if sent < amount { cursors[node] += 1 }
        }
        return sent
    }
}
