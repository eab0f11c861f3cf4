import FleetModel

/// What happens during an apply, as it happens.
public enum ApplyEvent: Sendable {
    case began(Step)
    /// Something to say about a step that runs.
    case progress(Step, String)
    /// With a remark about how it went, or nil.
    case ended(Step, elapsed: Duration, remark: String?)
    case failed(Step, elapsed: Duration, reason: String)
    /// The wish to stop was heard: nothing new begins.
    case stopping(running: Int)
}

/// How an apply went.
public struct ApplyOutcome: Sendable {
    public struct Failure: Sendable {
        public var step: Step
        /// True: the host's own checks forbade it, and nothing was touched by this step.
        public var isRefusal: Bool
        public var reason: String

        public init(step: Step, isRefusal: Bool, reason: String) {
            self.step = step
            self.isRefusal = isRefusal
            self.reason = reason
        }
    }

    /// What a step that ended well had to say, such as that a restart is pending.
    public struct Remark: Sendable {
        public var step: Step
        public var text: String

        public init(step: Step, text: String) {
            self.step = step
            self.text = text
        }
    }

    public var done: [Step] = []
    public var remarks: [Remark] = []
    public var failed: [Failure] = []
    /// Steps that need a failed one, stop a guest of a set that a failure has paused, or were not begun because of the
    /// wish to stop.
    public var notBegun: [Step] = []
    public var wasStopped = false

    public init() {}

    public var succeeded: Bool { failed.isEmpty && notBegun.isEmpty && !wasStopped }
}
