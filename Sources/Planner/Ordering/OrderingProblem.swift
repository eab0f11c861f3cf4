import FleetModel

/// What limits the order of a plan's steps: the room on the hosts, and how many guests may be down at once.
struct OrderingProblem {
    /// A guest on its way from what it is to what it is to be.
    struct Guest {
        enum Kind {
            /// It is stopped and started.
            case restart
            /// It is started.
            case arrival
            /// It is stopped for good.
            case departure
            /// It is changed while it runs.
            case change
        }

        let kind: Kind
        /// A position in `ObservedFleet.hosts`.
        let host: Int
        /// A position in the host's guest transitions.
        let position: Int
        let freed: Load
        let taken: Load
        /// Limits under which it counts while it is down.
        var limits: [Int] = []
        /// It counts as down from the beginning.
        var startsDown = false
        /// Guests of one of these are all down before the first of them starts.
        var group: Int?
        /// A set whose new guests are to be ready before others of it are stopped.
        var succession: Int?

        var growth: Load { taken - freed }
    }

    /// How many of the guests under it may be down at once.
    struct Limit {
        /// Nil: the whole fleet.
        let set: Name?
        let allowed: Int
        /// Guests under it that are changed.
        var members = 0
        /// Those of them that are down before anything is done.
        var down = 0
    }

    struct Succession {
        let set: Name
        /// New guests that have to be ready.
        var arrivals = 0
        /// Guests that are stopped after that.
        var successors = 0

        var isNeeded: Bool { arrivals > 0 && successors > 0 }
    }

    var guests: [Guest] = []
    /// For each host what is left now; below zero where more is taken than may be.
    var free: [Load] = []
    var limits: [Limit] = []
    var successions: [Succession] = []
    var groups = 0

    /// Large enough never to run out, small enough to add to.
    private static let plenty = Int64.max / 4

    /// Lifts what cannot be exceeded whatever the order is, so that only what binds is left.
    ///
    /// - Parameter full: hosts whose guests do not fit in the end: no order can help them.
    mutating func liftSlackLimits(full: Set<Int>) {
        var worst = free.map { _ in Load() }
        var starting = Set<Int>()
        for guest in guests {
            worst[guest.host] += guest.growth.growth
            if guest.taken.memory > 0, guest.kind != .change || guest.growth.memory > 0 { starting.insert(guest.host) }
        }
        for host in free.indices {
            if full.contains(host) || !starting.contains(host) || worst[host].memory <= free[host].memory {
                free[host].memory = Self.plenty
            }
            if full.contains(host) || worst[host].cpus <= free[host].cpus { free[host].cpus = Self.plenty }
        }
        for limit in limits.indices where limits[limit].members <= limits[limit].allowed {
            limits[limit] = Limit(set: limits[limit].set, allowed: Int.max / 4)
        }
    }

    func bindsMemory(_ host: Int) -> Bool { free[host].memory < Self.plenty / 2 }
    func bindsCPUs(_ host: Int) -> Bool { free[host].cpus < Self.plenty / 2 }
    func binds(limit: Int) -> Bool { limits[limit].allowed < Int.max / 8 }

    /// Guests whose order depends on each other's; each ascending. Guests that nothing limits are in none.
    var conflicts: [[Int]] {
        var sets = DisjointSets(count: guests.count)
        var firsts: [Link: Int] = [:]
        var bound = [Bool](repeating: false, count: guests.count)
        for (index, guest) in guests.enumerated() {
            func link(_ link: Link, binds: Bool) {
                if binds { bound[index] = true }
                if let first = firsts[link] { sets.join(first, index) } else { firsts[link] = index }
            }
            if bindsMemory(guest.host) || bindsCPUs(guest.host) { link(.host(guest.host), binds: true) }
            for limit in guest.limits where binds(limit: limit) { link(.limit(limit), binds: true) }
            if let group = guest.group { link(.group(group), binds: false) }
            if let succession = guest.succession { link(.succession(succession), binds: true) }
        }
        var conflicts: [Int: (members: [Int], isBound: Bool)] = [:]
        for index in guests.indices {
            let root = sets.root(of: index)
            conflicts[root, default: ([], false)].members.append(index)
            if bound[index] { conflicts[root]?.isBound = true }
        }
        return conflicts.values.filter(\.isBound).map(\.members).sorted { $0[0] < $1[0] }
    }

    private enum Link: Hashable {
        case host(Int)
        case limit(Int)
        case group(Int)
        case succession(Int)
    }
}
