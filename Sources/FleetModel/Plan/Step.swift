/// One operation of a plan: where, after which others, and what it relies on.
public struct Step: Codable, Hashable, Sendable {
    /// Position in the plan, from 0. A step needs only earlier ones.
    public var id: Int
    public var address: ResourceAddress
    public var host: Name
    /// The operation in one word for people, such as `start`.
    public var verb: String
    /// The steps that must have succeeded before this one begins.
    public var needs: [Int]
    /// Bytes by which the memory promised on the host grows once this step is done; negative where it shrinks.
    public var memoryDelta: Int64
    public var operation: Operation
    /// What the object must look like right before the step; nil where an earlier step of the plan prepared it.
    public var expects: Fingerprint?
    /// What else must be on the host right before the step, since the guest needs it to come up again; nil where the
    /// step is not the first of a guest's that end with it up.
    public var relies: [Reliance]?
    /// The guests' set that is paused by a failure of this step: no other guest of it is stopped any more. Nil: a
    /// failure pauses nothing.
    public var rollout: Name?

    public init(
        id: Int, address: ResourceAddress, host: Name, verb: String, needs: [Int] = [], memoryDelta: Int64 = 0,
        operation: Operation, expects: Fingerprint? = nil, relies: [Reliance]? = nil, rollout: Name? = nil
    ) {
        self.id = id
        self.address = address
        self.host = host
        self.verb = verb
        self.needs = needs
        self.memoryDelta = memoryDelta
        self.operation = operation
        self.expects = expects
        self.relies = relies
        self.rollout = rollout
    }
}
