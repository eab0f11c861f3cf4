/// A limited amount, each unit of which belongs to one holder at a time. Whoever takes some waits for those who had
/// it before; so the holders never have more together than there is, however the waits are met.
struct TokenPool {
    /// What nobody had when the plan begins; below zero: what has to be given back before anything is taken.
    private var unowned: Int64
    /// Who gave back what was owed: all takers wait for them.
    private var payers: [OrderingEvent] = []
    /// Who gave back what is free, earliest first, from `first` on.
    private var spare: [(giver: OrderingEvent, amount: Int64)] = []
    private var first = 0
    /// By guest: what it gave back and needs again.
    private var reserved: [Int: Int64] = [:]
    /// Guests with a reserve, in the order in which they gave.
    private var reservers: [Int] = []
    /// How many may still take.
    private let takers: Int
    private var firstTaker: OrderingEvent?

    init(_ free: Int64, takers: Int) {
        unowned = free
        self.takers = takers
    }

    /// - Parameter reserve: how much of it the giver itself will take again.
    mutating func give(_ amount: Int64, by giver: OrderingEvent, reserving reserve: Int64 = 0) {
        var amount = amount
        if unowned < 0, amount > 0 {
            let paid = min(amount, -unowned)
            unowned += paid
            amount -= paid
            payers.append(giver)
        }
        let kept = min(amount, reserve)
        if kept > 0 {
            reserved[giver.guest] = kept
            reservers.append(giver.guest)
        }
        if amount > kept { spare.append((giver, amount - kept)) }
    }

    /// - Returns: whom the taker waits for, and how much it has from each. In an order that keeps the limits there is always enough.
    mutating func take(_ amount: Int64, by taker: OrderingEvent) -> [(giver: OrderingEvent, amount: Int64)] {
        var givers: [(giver: OrderingEvent, amount: Int64)] = []
        if !payers.isEmpty {
            // Where all waits for all would be too many, the first taker stands between them.
            if let firstTaker, payers.count * takers > 65_536 {
                givers.append((firstTaker, 0))
            } else {
                givers += payers.map { ($0, 0) }
                firstTaker = firstTaker ?? taker
            }
        }
        var missing = amount
        func part(of available: Int64) -> Int64 {
            let part = min(missing, available)
            missing -= part
            return part
        }
        // Its own stop is before it anyway.
        if let own = reserved.removeValue(forKey: taker.guest) { _ = part(of: own) }
        unowned -= part(of: max(0, unowned))
        while missing > 0, first < spare.count {
            let part = part(of: spare[first].amount)
            givers.append((spare[first].giver, part))
            spare[first].amount -= part
            if spare[first].amount == 0 { first += 1 }
        }
        for guest in reservers where missing > 0 {
            guard let kept = reserved[guest] else { continue }
            let part = part(of: kept)
            givers.append((OrderingEvent(guest: guest, phase: .stop), part))
            reserved[guest] = kept - part
        }
        return givers
    }
}
