import FleetModel

/// An object in the plan's JSON: its keys are those of the manifest in snake case. Sizes are in bytes, times in
/// milliseconds, rates in bytes a second; what is not set is left out.
func document(of object: Change.Object) -> JSONValue {
    switch object {
    case .guest(let spec): document(of: spec)
    case .network(let spec): document(of: spec)
    case .image(let image):
        fields([
            "name": .text(image.name), "sha256": .text(image.file.digest),
            "format": .string(image.file.format.rawValue), "size": image.file.size.map { .bytes($0) },
            "virtual_size": image.virtualSize.map { .bytes($0) },
        ])
    case .leftover(let leftover):
        fields([
            "kind": .string(leftover.kind.rawValue), "subject": .string(leftover.subject),
            "proof": .string(leftover.proof), "fleet": leftover.fleet.map { .text($0) },
            "memory": leftover.process.map { .bytes($0.memory) }, "cpus": leftover.process.map { .int(Int64($0.cpus)) },
            "disks": leftover.disks.map { .array($0.map { .text($0) }) },
        ])
    }
}

private func document(of spec: GuestSpec) -> JSONValue {
    fields([
        "labels": .object(spec.labels.mapValues { .string($0) }),
        "cpus": .int(Int64(spec.cpus)), "max_cpus": .int(Int64(spec.maxCPUs)),
        "memory": .bytes(spec.memory), "max_memory": .bytes(spec.maxMemory),
        "machine": .string(spec.machine.rawValue), "accelerator": .string(spec.accelerator.rawValue),
        "cpu_model": .string(spec.cpuModel), "firmware": .string(spec.firmware.rawValue), "tpm": .bool(spec.hasTPM),
        "devices": .string(spec.devices.rawValue), "display": .string(spec.display.rawValue),
        "boot": spec.boot.map { boot in
            fields([
                "kernel": boot.kernel.map { .text($0) }, "initrd": boot.initrd.map { .text($0) },
                "cmdline": boot.cmdline.map { .string($0) }, "image": boot.image.map { .text($0) },
            ])
        },
        "disks": .array(spec.disks.map { document(of: $0) }),
        "nics": .array(spec.nics.map { document(of: $0) }),
        "cloud_init": spec.cloudInit.map { document(of: $0) },
        "power": .string(spec.power.rawValue), "stop_grace": .int(spec.stopGrace.milliseconds),
        "protect": .bool(spec.isProtected),
        "secrets": .object(spec.secrets.mapValues { document(of: $0) }),
    ])
}

private func document(of disk: DiskSpec) -> JSONValue {
    fields([
        "name": .text(disk.name), "size": .bytes(disk.size),
        "image": disk.base.map { base in
            fields([
                "name": .text(base.image), "sha256": .text(base.digest), "format": .string(base.format.rawValue),
            ])
        },
        "iops": disk.iops.map { .int(Int64($0)) }, "bandwidth": disk.bandwidth.map { .int($0.bytesPerSecond) },
        "format": .string(disk.format.rawValue), "bus": .string(disk.bus.rawValue),
        "cache": .string(disk.cache.rawValue), "aio": .string(disk.aio.rawValue),
        "discard": .string(disk.discard.rawValue), "io_thread": .bool(disk.hasIOThread),
        "on_remove": .string(disk.onRemove.rawValue), "on_destroy": .string(disk.onDestroy.rawValue),
    ])
}

private func document(of nic: NICSpec) -> JSONValue {
    fields([
        "name": .text(nic.name), "network": .text(nic.network), "mac": .text(nic.mac), "ipv4": .text(nic.ipv4),
        "bandwidth": nic.bandwidth.map { .int($0.bytesPerSecond) },
    ])
}

private func document(of cloudInit: CloudInit) -> JSONValue {
    fields([
        "hostname": cloudInit.hostname.map { .string($0) },
        "users": .array(
            cloudInit.users.map { user in
                fields([
                    "name": .string(user.name), "ssh_keys": .array(user.sshKeys.map { .string($0) }),
                    "sudo": .bool(user.sudo), "shell": user.shell.map { .string($0) },
                    "groups": user.groups.isEmpty ? nil : .array(user.groups.map { .string($0) }),
                    "password_hash": user.passwordHash.map { .string($0) },
                ])
            }),
        "packages": cloudInit.packages.isEmpty ? nil : .array(cloudInit.packages.map { .string($0) }),
        "run_commands": cloudInit.runCommands.isEmpty ? nil : .array(cloudInit.runCommands.map { .string($0) }),
        "write_files": cloudInit.writeFiles.isEmpty
            ? nil
            : .array(
                cloudInit.writeFiles.map { file in
                    fields([
                        "path": .string(file.path), "content": .string(file.content),
                        "permissions": file.permissions.map { .string($0) }, "owner": file.owner.map { .string($0) },
                    ])
                }),
        "network_config": cloudInit.networkConfig.map { .string($0) },
        "user_data": cloudInit.userData.map { .string($0) }, "on_change": .string(cloudInit.onChange.rawValue),
    ])
}

private func document(of source: SecretSource) -> JSONValue {
    switch source {
    case .file(let path): fields(["file": .string(path)])
    case .environment(let variable): fields(["env": .string(variable)])
    }
}

private func document(of network: NetworkSpec) -> JSONValue {
    fields([
        "mode": .string(network.mode.rawValue), "subnet": .text(network.subnet), "gateway": .text(network.gateway),
        "range": .text(network.range), "lease": .int(network.lease.milliseconds),
        "domain": network.domain.map { .string($0) }, "upstream": .array(network.upstream.map { .text($0) }),
        "mtu": .int(Int64(network.mtu)),
        "filter": fields([
            "spoofing": .string(network.filter.spoofing.rawValue),
            "between_guests": .string(network.filter.betweenGuests.rawValue),
        ]),
    ])
}

private func fields(_ fields: [String: JSONValue?]) -> JSONValue { .object(fields.compactMapValues { $0 }) }

extension JSONValue {
    fileprivate static func text(_ value: some CustomStringConvertible) -> JSONValue { .string(value.description) }
    fileprivate static func bytes(_ size: ByteCount) -> JSONValue { .int(size.bytes) }
}
