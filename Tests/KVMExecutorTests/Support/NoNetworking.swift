import KVMExecutor

extension GuestNetworking {
    struct Unexpected: Error {}

    /// For changes that ask nothing of it.
    static var none: GuestNetworking {
        GuestNetworking(
            openTap: { _, _ in throw Unexpected() }, moveTap: { _, _ in throw Unexpected() },
            limitTap: { _, _ in throw Unexpected() }, forgetTap: { _, _ in throw Unexpected() })
    }
}
