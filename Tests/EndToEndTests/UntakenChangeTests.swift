import FleetModel
import Testing

/// A change that a guest does not let happen while it runs.
@Suite(.serialized, .needsHost) struct UntakenChangeTests {
    /// The tiny guest has no balloon driver.
    @Test func memoryThatAGuestDoesNotLetGoOf() async throws {
        try await Lab.run { lab in
            let before = try await lab.census()
            var fleet = Fleet()
            fleet.guests = [Fleet.alone("web-1")]
            try await lab.expectConverges(fleet)
            let pid = try await lab.pid("web-1")

            fleet.guests[0].fields.append("memory: 12MiB")
            let tried = try await lab.apply(fleet)
            #expect(tried.code == 1 && tried.says("guest.web-1: its memory is 16MiB and not 12MiB"), "\(tried)")
            #expect(!tried.says("something else changes these hosts"), "\(tried)")
            let status = try await lab.lodge("status")
            #expect(status.says("restart pending"), "\(status)")

            let planned = try await lab.planned(fleet)
            #expect(try planned.fields(of: "guest.web-1") == ["memory": "restart"])
            let limited = try await lab.startApply(fleet, "--max-impact", "live").result()
            #expect(limited.code == 3 && limited.says("memory = 16MiB -> 12MiB"), "\(limited)")
            #expect(try await lab.pid("web-1") == pid)
            try await lab.expectConverges(fleet)
            #expect(try await lab.pid("web-1") != pid)
            #expect(try await lab.destroy(fleet).code == 0)
            try await lab.expect(before)
        }
    }
}
