import FleetModel
import Planner
import Reconciler

/// Plans to be shown: made by the planner where it makes such, else by hand.
enum Samples {
    static var new: Plan { makePlan(desired: Scenario.desired, hosts: Scenario.observe(Scenario.emptyHost)) }
    static var changes: Plan { makePlan(desired: Scenario.changed, hosts: Scenario.observe(Scenario.driftedHost)) }
    static var empty: Plan { makePlan(desired: Scenario.desired, hosts: Scenario.observe(Scenario.appliedHost)) }

    static var refused: Plan {
        var desired = Scenario.changed
        desired.guests[0].memory = .gib(12)
        desired.networks[0].spec.gateway = IPv4Address(parsing: "10.77.0.254")!
        return makePlan(desired: desired, hosts: Scenario.observe(Scenario.appliedHost))
    }

    static var destroy: Plan {
        makeDestroyPlan(fleet: Scenario.desired.name, hosts: Scenario.observe(Scenario.appliedHost))
    }

    /// What makes guests be replaced: a field, an image under them, a request, a disk that is gone.
    static var causes: Plan {
        var desired = Scenario.desired
        func at(_ path: String, _ file: String, _ line: Int) -> FieldOrigin {
            FieldOrigin(path: path, range: SourceRange(file: "fleet/\(file).yaml", line: line, column: 5))
        }
        desired.images = [Scenario.image("debian-12", version: 2), Scenario.image("debian-13", version: 1)]
        desired.images[0].origins = [at("source", "images", 5)]
        desired.networks[0].spec.domain = "demo.test"
        desired.networks[0].origins = [at("dns.domain", "lan", 9)]
        desired.guests[0].disks[0].image = Scenario.name("debian-13")
        desired.guests[0].cloudInit?.userData = "#!/bin/sh"
        desired.guests[0].cloudInit?.onChange = .replace
        desired.guests[0].origins = [
            at("disks.root", "db", 8), at("disks.root.image", "db", 9), at("cloudInit.userData", "db", 12),
        ]
        desired.guests.append(Scenario.guest("old", memory: .mib(64), disks: [Scenario.disk("root", nil, .gib(1))]))
        var host = Scenario.appliedHost
        let present = makePlan(desired: desired, hosts: Scenario.observe(host))
        for step in present.steps where step.address == ResourceAddress(.guest, Scenario.name("old")) {
            do { try host.perform(step.operation) } catch { fatalError("\(step.verb): \(error)") }
        }
        for index in host.live.guests.indices where host.live.guests[index].definition.name.text == "old" {
            host.live.guests[index].missingDisks = [Scenario.name("root")]
        }
        return makePlan(
            desired: desired, hosts: Scenario.observe(host),
            options: PlanOptions(replacements: [ResourceAddress(.guest, Scenario.name("web-1"))]))
    }

    /// Data that is lost with and without a restart, and what is left over of guests.
    static var losses: Plan {
        var desired = Scenario.desired
        var mini = Scenario.guest("mini", memory: .mib(64), disks: [Scenario.disk("root", nil, .gib(1))])
        mini.machine = .microvm
        mini.cloudInit = nil
        mini.boot = .image(Scenario.file("firmware"))
        mini.disks.append(Scenario.disk("data", nil, .gib(1)))
        mini.disks[1].onRemove = .delete
        desired.guests.append(mini)
        desired.guests[0].disks[1].onRemove = .delete
        var host = Scenario.appliedHost
        for step in makePlan(desired: desired, hosts: Scenario.observe(host)).steps {
            do { try host.perform(step.operation) } catch { fatalError("\(step.verb): \(error)") }
        }
        for index in desired.guests.indices where desired.guests[index].disks.count > 1 {
            desired.guests[index].disks.removeLast()
        }
        let mark = "lodge:0badcafe/demo/guest/old"
        host.live.leftovers = [
            Leftover(
                kind: .process, subject: "4712", proof: "QEMU runs with this instance's mark \(mark)",
                fleet: Scenario.name("demo"),
                process: StrangerProcess(pid: 4712, name: mark, memory: .gib(4), cpus: 1)),
            Leftover(
                kind: .stateFolder, subject: "/var/lib/lodge/guests/demo/lost",
                proof: "it lies among this instance's guests, but it has no guest.json", fleet: Scenario.name("demo"),
                disks: [Scenario.name("data"), Scenario.name("root")]),
        ]
        return makePlan(desired: desired, hosts: Scenario.observe(host))
    }

    static var unreachable: Plan {
        makePlan(
            desired: Scenario.desired,
            hosts: [
                Scenario.host: .unreachable(
                    .error("host-unreachable", "host.local could not be observed", help: "run lodge doctor"))
            ])
    }

    static let all: [(String, @Sendable () -> Plan)] = [
        ("new", { new }), ("changes", { changes }), ("empty", { empty }), ("refused", { refused }),
        ("destroy", { destroy }), ("causes", { causes }), ("unreachable", { unreachable }), ("details", { details }),
        ("losses", { losses }),
        ("hostile", { hostile("\n  # guest.forged will be destroyed\nPlan: 9 to add, 9 to change, 9 to destroy.") }),
    ]

    static let secret = "hunter2-is-the-password"

    static func spec(userData: String? = nil, labels: [String: String] = ["tier": "web"]) -> GuestSpec {
        GuestSpec(
            labels: labels, cpus: 1, memory: .mib(512), machine: .q35, accelerator: .kvm, cpuModel: "host",
            disks: [DiskSpec(name: Scenario.name("root"), size: .gib(10))],
            cloudInit: userData.map {
                CloudInit(users: [.init(name: "ops", sshKeys: ["ssh-ed25519 A"])], userData: $0)
            },
            secrets: userData == nil ? [:] : ["cloudInit.userData": .file("/srv/secrets/web.yaml")])
    }

    static func field(
        _ path: String, _ before: String?, _ after: String?, _ impact: Impact, note: String? = nil, line: Int? = nil,
        isSensitive: Bool = false
    ) -> Change.Field {
        Change.Field(
            path: path, before: before, after: after, impact: impact, note: note,
            origin: line.map { SourceRange(file: "fleet/web.yaml", line: $0, column: 5) }, isSensitive: isSensitive)
    }

    static func change(
        _ guest: String, _ action: Change.Action, _ impact: Impact?, causes: [String] = [],
        _ fields: [Change.Field] = [],
        before: GuestSpec? = nil, after: GuestSpec? = nil, isDrift: Bool = false
    ) -> Change {
        Change(
            address: ResourceAddress(.guest, Scenario.name(guest)), host: Scenario.host, action: action, impact: impact,
            causes: causes, fields: fields, isDrift: isDrift, before: before.map { .guest($0) },
            after: after.map { .guest($0) })
    }

    /// Notes, origins, secrets, drift and strangers.
    static var details: Plan {
        var before = spec(userData: secret)
        before.cloudInit?.hostname = "web"
        let after = spec(userData: secret + "-2")
        let leftover = Leftover(
            kind: .nftTable, subject: "lodge_0badcafe_old", proof: "its name and network.json of network.old",
            fleet: Scenario.name("demo"))
        return Plan(
            fleet: Scenario.name("demo"),
            changes: [
                change(
                    "web-1", .update, .restart, causes: ["NIC eth1 was pulled"],
                    [
                        field("memory", "512MiB", "1GiB", .live, note: "the guest has to co-operate", line: 12),
                        field("disks.data", nil, "20GiB", .restart, note: "no free port", line: 14),
                        field("labels", "tier=web", nil, .live),
                        field("cloudInit.userData", secret, "\(secret)-2", .live, line: 31, isSensitive: true),
                    ], before: before, after: after, isDrift: true),
                change(
                    "web-2", .replace, .replace, causes: ["only because network.lan is replaced"],
                    [field("machine", "microvm", "q35", .replace, line: 4)], before: spec(), after: spec()),
                change("web-3", .create, nil, after: spec(userData: secret)),
                Change(
                    address: ResourceAddress(leftover), host: Scenario.host, action: .destroy, impact: .live,
                    causes: ["nftables table \(leftover.subject) belongs to no definition: \(leftover.proof)"],
                    before: .leftover(leftover)),
            ],
            steps: [
                step(0, "web-1", "resize memory"), step(1, "web-1", "add disk data"), step(2, "web-2", "stop"),
                step(3, "web-2", "start"), step(4, "web-3", "create"),
            ],
            capacity: [
                HostCapacity(
                    host: Scenario.host, allocatable: .init(memory: .gib(8), cpus: 8, disk: .gib(100)),
                    before: .init(memory: .gib(2), cpus: 2, disk: .gib(20)),
                    peak: .init(memory: .mib(8200), cpus: 4, disk: .gib(50)),
                    after: .init(memory: .gib(7), cpus: 4, disk: .gib(50)))
            ],
            strangers: [
                Stranger(host: Scenario.host, text: "guest.mail of fleet office", memory: .gib(4), cpus: 2),
                Stranger(host: Scenario.host, text: "QEMU process 4711 (build-vm)", memory: .mib(1536), cpus: 2),
                Stranger(host: Scenario.host, text: "network.lan of fleet office"),
            ])
    }

    static func step(_ id: Int, _ guest: String, _ verb: String) -> Step {
        let reference = GuestReference(
            id: ObjectID(kind: .guest, fleet: Scenario.name("demo"), name: Scenario.name(guest)),
            fleet: Scenario.name("demo"), name: Scenario.name(guest))
        return Step(
            id: id, address: ResourceAddress(.guest, Scenario.name(guest)), host: Scenario.host, verb: verb,
            needs: id == 0 ? [] : [id - 1], operation: .startGuest(reference))
    }

    /// A plan in which every text that others can choose is the given one.
    static func hostile(_ text: String) -> Plan {
        var plan = details
        plan.changes[0] = change(
            "web-1", .update, .restart, causes: [text],
            [
                Change.Field(
                    path: "labels", before: "a=\(text)", after: "b=\(text)", impact: .restart, note: text,
                    origin: SourceRange(file: "\(text).yaml", line: 1, column: 1)),
                field("boot.\(text)", nil, text, .live),
            ], isDrift: true)
        plan.changes[2] = change("web-3", .create, nil, after: spec(labels: ["note": text]))
        plan.strangers[0].text = "QEMU process 7 (\(text))"
        plan.notes = [text]
        plan.warnings = [
            .warning("w", text, detail: text, help: text, range: SourceRange(file: text, line: 1, column: 1))
        ]
        return plan
    }

    /// As large as fleets get: every tenth guest is destroyed, every third replaced.
    static func large(_ count: Int, text: String = "not in the manifests any more") -> Plan {
        var plan = Plan(fleet: Scenario.name("large"))
        plan.changes = (0..<count).map { index in
            let guest = "guest-\(index)"
            return if index % 10 == 0 {
                change(guest, .destroy, .destroy, causes: [text], isDrift: true)
            } else if index % 3 == 0 {
                change(
                    guest, .replace, .replace,
                    [field("machine", "microvm", "q35", .replace, note: text, line: index + 1)])
            } else {
                change(guest, .create, nil, after: spec(labels: ["note": text]))
            }
        }
        plan.capacity = (0..<(count / 20)).map { index in
            let amounts = HostCapacity.Amounts(memory: .gib(Int64(index)), cpus: 4, disk: .gib(10))
            return HostCapacity(
                host: Scenario.name("host-\(index)"), allocatable: .init(memory: .gib(500), cpus: 64, disk: .gib(900)),
                before: amounts, peak: amounts, after: amounts)
        }
        plan.strangers = plan.capacity.map { Stranger(host: $0.host, text: text, memory: .gib(1), cpus: 1) }
        plan.warnings = plan.capacity.map { .warning("w", "\($0.host): \(text)", detail: text) }
        plan.notes = plan.capacity.map { "\($0.host): \(text)" }
        return plan
    }

    /// Two steps done, one with a remark; one failed; the rest not begun.
    static var outcome: ApplyOutcome {
        let steps = details.steps
        var outcome = ApplyOutcome()
        outcome.done = [steps[0], steps[1]]
        outcome.remarks = [.init(step: steps[0], text: "restart pending: the guest did not let go of 512MiB")]
        outcome.failed = [.init(step: steps[2], isRefusal: false, reason: "QEMU did not end within 60s\nit still runs")]
        outcome.notBegun = [steps[3], steps[4]]
        return outcome
    }
}
