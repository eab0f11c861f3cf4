import FleetModel
import Glibc
import HostSystem
import Testing

/// What is wrong with an image, or with whoever serves it, ends in an error that says so, and in nothing else: the
/// table of docs/images.md.
@Suite(.serialized, .needsHost) struct HostileImageTests {
    @Test(arguments: HostileImage.files) func aBadImageIsRefused(_ image: HostileImage) async throws {
        try await expectRefusal(image)
    }

    @Test(arguments: HostileImage.servers) func aBadServerIsRefused(_ image: HostileImage) async throws {
        try await expectRefusal(image)
    }

    private func expectRefusal(_ image: HostileImage) async throws {
        try await Lab.run { lab in
            if let space = image.space {
                try Files.makeFolder(lab.stateFolder)
                #expect(mount("tmpfs", lab.stateFolder, "tmpfs", 0, "size=\(space),mode=755") == 0)
            }
            let certificate = image.isEncrypted ? try await lab.makeCertificate(days: 1) : nil
            let server = try await WebServer.start(in: lab, certificate: certificate)
            let fleet = lab.stopped(try await image.make(lab, server), disk: image.disk)
            let before = try await lab.census()
            let result = try await lab.apply(fleet)
            #expect(result.code == 1, "\(result)")
            for word in image.words { #expect(result.says(word), "it does not say “\(word)”: \(result)") }
            #expect(result.says("to do: "), "\(result)")
            if image.isKept {
                #expect(try lab.cache.allSatisfy { $0.hasSuffix(".part") })
            } else {
                try await lab.expect(before)
            }
        }
    }

    @Test func encryptionIsInsistedOn() async throws {
        try await Lab.run { lab in
            let certificate = try await lab.makeCertificate(days: 1)
            let expired = try await lab.makeCertificate(days: -1)
            let server = try await WebServer.start(in: lab, certificate: certificate)
            let late = try await WebServer.start(in: lab, certificate: expired)
            let plain = try await WebServer.start(in: lab)
            let sum = try digest(of: try await server.makeImage("base.qcow2"))
            func apply(_ url: String, trusting file: String) async throws -> LodgeResult {
                try await lab.apply(
                    lab.stopped(WebImage(url: url, digest: sum)), wrapper: ["env", "SSL_CERT_FILE=\(file)"])
            }
            let tooLate = try await apply(late.url("base.qcow2"), trusting: expired.file)
            #expect(tooLate.code == 1 && tooLate.says("it has expired, or"), "\(tooLate)")
            let target = plain.url("base.qcow2").replacing("/", with: "!")
            let downgraded = try await apply(server.url("to/\(target)"), trusting: certificate.file)
            #expect(downgraded.code == 1 && downgraded.says("which is not encrypted"), "\(downgraded)")
            #expect(plain.requests.isEmpty)
            let missing = try await apply(server.url("base.qcow2"), trusting: "/nonexistent")
            #expect(missing.code == 1 && missing.says("/nonexistent cannot be read"), "\(missing)")
            let good = try await apply(server.url("base.qcow2"), trusting: certificate.file)
            #expect(good.code == 0, "\(good)")
        }
    }

    /// A file of this machine may be as bad: what its manifest's reader cannot see in it, the host does.
    @Test func filesOfThisMachineAreTrustedNoMore() async throws {
        try await Lab.run { lab in
            let server = try await WebServer.start(in: lab)
            let before = try await lab.census()
            for image in HostileImage.files
            where ["10 TB, compressed", "a damaged xz", "a backing file"].contains(image.name) {
                var web = try await image.make(lab, server)
                web.url = "\(server.folder)/\(web.url.split(separator: "/").last!)"
                let result = try await lab.apply(lab.stopped(web))
                #expect(result.code == 1, "\(result)")
                for word in image.words { #expect(result.says(word), "it does not say “\(word)”: \(result)") }
            }
            try await lab.expect(before)
            // A second guest's disk may be too small for an image that is there.
            let path = try await server.makeImage("good.qcow2")
            try await Command.run("zstd", ["-q", path], package: "zstd")
            var fleet = lab.stopped(WebImage(url: path + ".zst"))
            #expect(try await lab.apply(fleet).code == 0)
            fleet.guests.append(
                Fleet.Guest(
                    name: "small", fields: ["power: stopped", "disks: [{name: root, image: base, size: 4MiB}]"]))
            let small = try await lab.apply(fleet)
            #expect(small.code == 1 && small.says("describes a disk of 8MiB, and a disk of 4MiB"), "\(small)")
            #expect(!Files.exists("\(lab.stateFolder)/guests/e2e/small"))
        }
    }
}

extension Lab {
    /// A fleet of one guest that does not run, and needs nothing but the image.
    func stopped(_ image: WebImage, disk: String = "16MiB") -> Fleet {
        var fleet = fleet(image, disk: disk)
        fleet.defaults = ["memory: 64MiB", "accelerator: tcg"]
        fleet.guests = fleet.guests.map { Fleet.Guest(name: $0.name, fields: Array($0.fields.dropFirst())) }
        return fleet
    }

    /// Makes a certificate of an authority of its own, for 127.0.0.1.
    ///
    /// - Parameter days: how long it is good; less than 0: it was until yesterday.
    func makeCertificate(days: Int) async throws -> (file: String, key: String) {
        let base = "\(folder)/tls\(days)"
        try DurableFile.write(Array("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:TRUE\n".utf8), to: base + ".ext")
        try await Command.run(
            "openssl",
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", base + ".key",
                "-out",
                base + ".csr", "-subj", "/CN=127.0.0.1",
            ], package: "openssl")
        try await Command.run(
            "openssl",
            [
                "x509", "-req", "-in", base + ".csr", "-signkey", base + ".key", "-days", "\(days)", "-extfile",
                base + ".ext",
                "-out", base + ".pem",
            ], package: "openssl")
        return (base + ".pem", base + ".key")
    }
}
