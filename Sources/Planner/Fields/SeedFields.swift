import FleetModel

/// The fields of a guest's seed. What a change does is the guest's own choice: `cloudInit.onChange`.
let seedFields: [FieldRule<GuestSpec>] = [
    FieldRule(
        "cloudInit.hostname", { $0.cloudInit.map { $0.hostname ?? "(the guest's name)" } }, text: { $0 }, seedCases),
    FieldRule(
        "cloudInit.users", { $0.cloudInit?.users ?? [] },
        text: { users in users.isEmpty ? nil : users.map(\.name).joined(separator: ", ") }, seedCases),
    FieldRule(
        "cloudInit.packages", { $0.cloudInit?.packages ?? [] },
        text: { $0.isEmpty ? nil : $0.joined(separator: ", ") }, seedCases),
    FieldRule(
        "cloudInit.runCommands", { $0.cloudInit?.runCommands ?? [] },
        text: { $0.isEmpty ? nil : $0.map(quoted).joined(separator: ", ") }, seedCases),
    FieldRule(
        "cloudInit.writeFiles", { $0.cloudInit?.writeFiles ?? [] },
        text: { $0.isEmpty ? nil : $0.map(\.path).joined(separator: ", ") }, seedCases),
    FieldRule("cloudInit.networkConfig", { $0.cloudInit?.networkConfig }, text: { $0.map(quoted) }, seedCases),
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
