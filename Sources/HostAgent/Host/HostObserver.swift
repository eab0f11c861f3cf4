import FleetModel
import Glibc
import HostSystem
import KVMExecutor
import VirtualNetwork

/// Finds out what this machine has, holds and runs; changes nothing.
struct HostObserver: Sendable {
    let layout: HostLayout
    let instance: InstanceID
    private var network: NetworkHost { NetworkHost(layout: layout, instance: instance) }

    func observe() async throws(HostError) -> LiveHost {
        do {
            async let facts = facts()
            async let seen = network.observe()
            async let guests = GuestObserver(layout: layout, instance: instance).observe()
            let cache = try ImageCache(layout: layout).list()
            let claims = try ImageClaims(layout: layout).list()
            let (seenNetworks, seenGuests) = (try await seen, try await guests)
            var networks = seenNetworks.networks
            // A guest without a readable definition may have reservations, too.
            if !seenGuests.leftovers.contains(where: { $0.kind == .stateFolder }) {
                let guests = seenGuests.guests.map { NetworkGuest($0.definition, alsoOf: $0.process) }
                networks = network.comparing(networks, with: guests)
            }
            var live = LiveHost(
                facts: try await facts, guests: seenGuests.guests.map { $0.comparing(seenNetworks.taps, instance) },
                networks: networks, images: claims.claims, retained: seenGuests.retained,
                cache: cache.files, strangers: seenGuests.strangers,
                leftovers: seenGuests.leftovers + seenNetworks.leftovers + cache.leftovers + claims.broken)
            live.leftovers += unusedFiles(of: live)
            live.facts.diskHeld = held(by: live)
            return live
        } catch let error as HostError {
            throw error
        } catch {
            throw HostError(.failed, "cannot observe the host: \(error)")
        }
    }

    /// What disks and cached files take now. Disks are asked for one by one: to look through all that lies in the
    /// folders of a thousand guests takes 60 ms, and this 9.
    private func held(by live: LiveHost) -> ByteCount {
        let attached = live.guests.flatMap { guest -> [String] in
            let folder = layout.guest(guest.definition.owner.fleet, guest.definition.name)
            return guest.definition.spec.disks.map { folder.disk($0) }
                + guest.keptDisks.map { folder.disk($0.name, $0.format) }
        }
        let disks = attached + live.retained.flatMap { guest in guest.disks.map { guest.path(of: $0) } }
        let bytes = disks.reduce(0) { $0 + (Files.occupied($1) ?? 0) }
        return ByteCount(bytes: bytes + Files.allocated(below: layout.cacheFolder))
    }

    /// Cached files that no claim and no definition refers to: what a change that was cut off has left.
    private func unusedFiles(of live: LiveHost) -> [Leftover] {
        let used = live.referredFiles
        return live.cache.filter { !used.contains($0.fileName) }.map {
            Leftover(
                kind: .cacheFile, subject: layout.cached($0),
                proof: "it lies in this instance's cache, and no image and no guest refers to it")
        }
    }

    private func facts() async throws -> HostFacts {
        let emulator = await EmulatorProbe(layout: layout).findings()
        // The state folder need not exist yet: then its file system is that of the nearest folder above.
        let space = try Files.space(at: Files.nearestFolder(layout.stateFolder))
        return HostFacts(
            instance: instance, memory: ByteCount(bytes: Machine.memory), cpus: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            disk: ByteCount(bytes: space.total), diskAvailable: ByteCount(bytes: space.available),
            kvm: emulator.kvm, ioUringFault: emulator.ioUringFault,
            directIOFault: Files.directIOFault(of: layout.instanceFile), qemuVersion: emulator.version,
            features: HostFeature.present, routes: try network.routes(),
            bootID: Machine.bootID)
    }

    /// Refuses a step whose object is not any more what the plan relied on.
    func check(_ step: Step) async throws(HostError) {
        if let expected = step.expects, let present = try await fingerprint(of: step.operation), present != expected {
            throw HostError(
                .refused,
                "\(step.address) on host \(step.host) is not any more what the plan was made for: "
                    + (present == .absent ? "it is gone" : expected == .absent ? "it exists by now" : "it has changed")
                    + "\n  to do: plan again")
        }
        for reliance in step.relies ?? [] {
            guard let fault = try fault(of: reliance) else { continue }
            throw HostError(
                .refused,
                "\(step.address) on host \(step.host) is left as it is: \(fault), which it needs"
                    + "\n  to do: plan again")
        }
    }

    /// What would keep a guest from starting; nil: nothing of what is quick to look at.
    private func fault(of reliance: Reliance) throws(HostError) -> String? {
        switch reliance {
        case .network(let id, let name, _):
            do {
                let isThere = try network.hasBridge(id)
                return isThere ? nil : "the bridge of network.\(name) is missing"
            } catch {
                throw HostError(.failed, "\(error)")
            }
        case .cachedFile(let name):
            return Files.exists("\(layout.cacheFolder)/\(name)") ? nil : "\(name) is missing from the host's cache"
        case .emulator:
            return Command.find(Emulator.program) == nil ? "\(Emulator.program) is not installed" : nil
        case .claim: return nil
        }
    }

    /// Nil where the operation does not rely on the object's state.
    private func fingerprint(of operation: Operation) async throws(HostError) -> Fingerprint? {
        switch operation {
        case .defineGuest(let definition), .changeGuest(let definition, _):
            return try await guestFingerprint(definition.reference)
        case .renameGuest(let guest, _), .startGuest(let guest), .stopGuest(let guest, _), .removeGuest(let guest, _),
            .awaitReady(let guest, _):
            return try await guestFingerprint(guest)
        case .ensureNetwork(let definition), .renameNetwork(let definition, _), .removeNetwork(let definition):
            let path = layout.network(definition.owner.fleet, definition.name).definition
            guard Files.exists(path) else { return .absent }
            do {
                return Fingerprint(LiveNetwork(definition: try JSONFile.read(NetworkDefinition.self, from: path)))
            } catch {
                throw HostError(.failed, error.description)
            }
        case .claimImage(let claim), .releaseImage(let claim):
            let path = layout.claim(claim.owner, claim.name)
            guard Files.exists(path) else { return .absent }
            do {
                return Fingerprint(try JSONFile.read(ImageDefinition.self, from: path))
            } catch {
                throw HostError(.failed, error.description)
            }
        case .cacheFile, .fetchImage, .removeCachedFile, .removeLeftover: return nil
        }
    }

    private func guestFingerprint(_ guest: GuestReference) async throws(HostError) -> Fingerprint {
        let observer = GuestObserver(layout: layout, instance: instance)
        do {
            guard let live = try await observer.observe(guest) else { return .absent }
            let taps = try await network.seenTaps()
            return Fingerprint(live.comparing(taps, instance))
        } catch {
            throw HostError(.failed, "\(error)")
        }
    }
}

extension LiveGuest {
    /// With the defects of its NICs' taps.
    ///
    /// - A limit that is as the definition says is no defect, even where the record of the process has another: that
    ///   change was cut off.
    /// - A move that was cut off may be withdrawn: where a tap is connected is compared with the record alone.
    func comparing(_ taps: SeenTaps, _ instance: InstanceID) -> LiveGuest {
        guard let process, state != .stopped else { return self }
        var guest = self
        for nic in process.spec.nics where !defects.contains(.nicMissing(nic.name)) {
            guard let wanted = definition.spec.nics.first(where: { $0.name == nic.name }) else { continue }
            let tap = InterfaceName.tap(instance, guest: definition.id, nic: nic.name)
            let limit = taps.limits[tap] ?? TapLimit()
            if ![nic, wanted].contains(where: { TapLimit($0.bandwidth) == limit }) {
                guest.defects.append(.limitChanged("NIC \(nic.name)"))
            }
            if let network = taps.networks[tap], network != nic.networkID { guest.defects.append(.nicMoved(nic.name)) }
        }
        guest.defects.sort { $0.text < $1.text }
        return guest
    }
}
