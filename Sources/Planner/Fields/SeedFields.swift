import FleetModel

/// The fields of a guest's seed. What a change does is the guest's own choice: `cloudInit.onChange`.
let seedFields: [FieldRule<GuestSpec>] = [
    FieldRule(
        "cloudInit.hostname", { $0.cloudInit.map { $0.hostname ?? "(the guest's name)" } }, text: { $0 }, seedCases),
    FieldRule(
        "cloudInit.users", { $0.cloudInit?.users ?? [] },
        text: { users in users.isEmpty ? nil : users.map(\.name).joined(separator: ", ") }, seedCases),
    FieldRule("cloudInit.userData", { $0.cloudInit?.userData }, text: { $0.map(quoted) }, seedCases),
    FieldRule(
        // With the seed itself it is no field of its own.
        "cloudInit.onChange",
        differs: { old, new in
            guard let before = old.cloudInit, let after = new.cloudInit else { return false }
            return before.onChange != after.onChange
        },
        text: { $0.cloudInit?.onChange.rawValue }, [.always("any", "any", .live)]),
]

private let seedCases: [FieldCase<GuestSpec>] = [
    .when(
        "replace", "of a guest that has a seed, with `onChange: replace`", .replace,
        if: { $0.old.cloudInit != nil && $0.new.cloudInit?.onChange == .replace }),
    .when(
        "restart", "of a guest that has a seed, with `onChange: restart`", .restart,
        if: { $0.old.cloudInit != nil && $0.new.cloudInit?.onChange == .restart }),
    .when(
        "microvm", "otherwise, on microvm or pc", .restart,
        note: { "\($0.guest.machine.rawValue) cannot exchange a seed" },
        if: { !$0.guest.takesHotPlug }),
    .always("exchange", "otherwise", .live, note: { _ in "the guest sees it when it next looks" }),
]
