/// How few chains cover all members, where a chain goes from a member to one that comes after it: as many members as
/// there are, less as many as can be paired with a follower of their own (Dilworth; a maximum matching).
///
/// - Parameter followers: For each member those that come after it.
func chainsNeeded(_ followers: [[Int]]) -> Int {
    var leader: [Int?] = Array(repeating: nil, count: followers.count)
    var hasFollower = Array(repeating: false, count: followers.count)
    for (member, next) in followers.enumerated() {
        guard let free = next.first(where: { leader[$0] == nil }) else { continue }
        leader[free] = member
        hasFollower[member] = true
    }
    func pair(_ member: Int, _ seen: inout Set<Int>) -> Bool {
        for next in followers[member] where seen.insert(next).inserted {
            guard let other = leader[next] else {
                leader[next] = member
                return true
            }
            if pair(other, &seen) {
                leader[next] = member
                return true
            }
        }
        return false
    }
    for member in followers.indices where !hasFollower[member] {
        var seen: Set<Int> = []
        hasFollower[member] = pair(member, &seen)
    }
    return hasFollower.count { !$0 }
}
