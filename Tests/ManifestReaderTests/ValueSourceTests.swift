import FleetModel
import Foundation
import Testing

@testable import ManifestReader

/// Values that manifests take from variables, files and the environment.
@Suite struct ValueSourceTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("kernel", to: "vmlinuz")
    }

    private func reading(_ spec: String, values: ValueSources = ValueSources()) -> ManifestReading {
        let text =
            "apiVersion: lodge/v1\nkind: Fleet\nmetadata: {name: f}\n---\n"
            + "apiVersion: lodge/v1\nkind: Guest\nmetadata: {name: \"a${SUFFIX}\"}\n"
            + "spec:\n  memory: 64MiB\n  boot:\n    kernel: vmlinuz\n" + spec
        var values = values
        values.environment["LODGE_VAR_SUFFIX"] = "-1"
        return readManifests(
            [.text(Array(text.utf8), file: "f.yaml", folder: folder.path)], values: values, requireFleet: true)
    }

    private func guest(_ spec: String, values: ValueSources = ValueSources()) throws -> DesiredGuest {
        let reading = reading(spec, values: values)
        #expect(reading.diagnostics.map(\.summary) == [])
        return try #require(reading.fleet?.guests.first)
    }

    @Test func variablesAreSubstitutedBeforeTypesAreResolved() throws {
        let guest = try guest(
            """
              cpus: ${N}
              protect: ${YES}
              power: "${POWER}"
              cloudInit:
                hostname: ${A}-${B}.${A}
            """,
            values: ValueSources(variables: ["N": "4", "YES": "true", "POWER": "stopped", "A": "x", "B": "y"]))
        #expect(guest.name.text == "a-1")
        #expect(guest.cpus == 4 && guest.isProtected && guest.power == .stopped)
        #expect(guest.cloudInit?.hostname == "x-y.x")
    }

    @Test func aValueIsTextAndNoMore() throws {
        let hostile = "#!/bin/sh\n}]: - &a *b ${N} \"'\t#"
        let guest = try guest(
            "  cloudInit:\n    userData: ${X}\n", values: ValueSources(variables: ["X": hostile]))
        #expect(guest.cloudInit?.userData == hostile)
    }

    @Test func anEscapeIsText() throws {
        let guest = try guest("  cloudInit: {userData: \"#!/bin/sh $${HOME} $HOME $$${N} $\"}\n")
        #expect(guest.cloudInit?.userData == "#!/bin/sh ${HOME} $HOME $${N} $")
    }

    @Test func flagsWinOverFilesAndFilesOverTheEnvironment() throws {
        let first = try folder.write("A: 1\nB: 2\nC: 3\n", to: "1.vars")
        let second = try folder.write("B: 20\n", to: "2.vars")
        let values = ValueSources(
            variables: ["A": "100"], variableFiles: [first, second],
            environment: ["LODGE_VAR_A": "x", "LODGE_VAR_B": "x", "LODGE_VAR_C": "x", "LODGE_VAR_D": "4", "D": "x"])
        let guest = try guest("  cloudInit: {userData: \"#!${A},${B},${C},${D}\"}\n", values: values)
        #expect(guest.cloudInit?.userData == "#!100,20,3,4")
    }

    @Test func secretsAreReadAndMarked() throws {
        try folder.write("#!/bin/sh\necho s3cret\n", to: "secrets/data")
        try folder.write("web.internal\r\n", to: "secrets/name")
        try folder.write("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOl s3cret\n", to: "secrets/key")
        let guest = try guest(
            """
                cmdline: {valueFrom: {env: LINE}}
              cloudInit:
                hostname: {valueFrom: {file: secrets/name}}
                userData: {valueFrom: {file: ./secrets/data}}
                users:
                - {name: a, sshKeys: [{valueFrom: {env: KEY}}, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPl plain"]}
                - sshKeys: [{valueFrom: {env: KEY}}, {valueFrom: {file: secrets/key}}]
                  name: b
            """,
            values: ValueSources(environment: [
                "LINE": "console=ttyS0 s3cret", "KEY": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk s3cret\n",
            ]))
        #expect(guest.cloudInit?.userData == "#!/bin/sh\necho s3cret\n" && guest.cloudInit?.hostname == "web.internal")
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOk s3cret"
        #expect(
            guest.cloudInit?.users.map(\.sshKeys) == [
                [key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPl plain"],
                [key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOl s3cret"],
            ])
        guard case .kernel(_, _, "console=ttyS0 s3cret") = guest.boot else {
            Issue.record("no command line")
            return
        }
        #expect(
            guest.secrets == [
                "boot.cmdline": .environment("LINE"), "cloudInit.users.a.sshKeys.0": .environment("KEY"),
                "cloudInit.users.b.sshKeys.0": .environment("KEY"),
                "cloudInit.users.b.sshKeys.1": .file(folder.path + "/secrets/key"),
                "cloudInit.hostname": .file(folder.path + "/secrets/name"),
                "cloudInit.userData": .file(folder.path + "/secrets/data"),
            ])
    }

    /// Whatever is wrong with it, the value is in no diagnostic.
    @Test(arguments: [
        "s3cret", "", "s3cret\ns3cret", "ssh-rsa s3cret", String(repeating: "s3cret ", count: 2_000), "s3cret\u{1B}[2J",
    ])
    func aSecretIsInNoDiagnostic(value: String) throws {
        try folder.write(value, to: "secret")
        for source in ["{env: S}", "{file: secret}"] {
            let reading = reading(
                """
                    cmdline: {valueFrom: \(source)}
                  cloudInit:
                    hostname: {valueFrom: \(source)}
                    userData: {valueFrom: \(source)}
                    users: [{name: a, sshKeys: [{valueFrom: \(source)}]}]
                  cpus: {valueFrom: \(source)}
                """,
                values: ValueSources(environment: ["S": value]))
            #expect(reading.hasErrors)
            for diagnostic in reading.diagnostics {
                #expect(!"\(diagnostic)".contains("s3cret"), "\(diagnostic)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func filesThatAreNoTextsEndSoon() throws {
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        try folder.write(String(repeating: "x", count: (1 << 20) + 1), to: "large")
        try Data([0x23, 0x21, 0xFF]).write(to: URL(filePath: folder.path + "/binary"))
        try Data([0x23, 0x21, 0x00]).write(to: URL(filePath: folder.path + "/nul"))
        for file in ["pipe", "large", "binary", "nul", "missing", ".", "/dev/zero", "/proc/self/mem"] {
            let codes = reading("  cloudInit: {userData: {valueFrom: {file: \(file)}}}\n").diagnostics.map(\.code)
            #expect(codes == ["unreadable-secret"], "\(file)")
        }
    }

    @Test func variablesThatAreTooLong() throws {
        let long = String(repeating: "x", count: 600_000)
        let values = ValueSources(variables: ["X": long])
        let twice = reading("  cloudInit: {userData: \"#!${X}${X}\"}\n", values: values)
        #expect(twice.diagnostics.map(\.code) == ["scalar-too-long"])
        let many = (0..<200).map { "  k\($0): \"${X}\"\n" }.joined()
        #expect(reading(many, values: values).diagnostics.map(\.code) == ["manifest-too-large"])
        let bomb = String(repeating: "${X}", count: 200_000)
        #expect(reading("  a: \"\(bomb)\"\n", values: values).diagnostics.map(\.code) == ["scalar-too-long"])
    }

    @Test func manyVariablesThatAreMissing() {
        let text = (0..<20_000).map { "${v\($0)}" }.joined(separator: "\n      ")
        let found = reading("  cloudInit:\n    userData: |\n      #!\n      \(text)\n").diagnostics
        #expect(found.last?.code == "too-many-problems" && found.first?.code == "undefined-variable")
        #expect(found[0].range == SourceRange(file: "f.yaml", line: 15, column: 7))
        #expect(found[1].range == SourceRange(file: "f.yaml", line: 16, column: 7))
    }
}
