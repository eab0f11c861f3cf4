import FleetModel
import Testing

/// cloud-init's `status.json` is another machine's: whatever it holds, it comes to a report or to none.
@Suite struct CloudInitReportTests {
    private func report(_ text: String) -> CloudInitReport? { CloudInitReport(statusFile: Array(text.utf8)) }

    /// As cloud-init 22.4 of Debian 12 writes it.
    private func file(final: String, errors: String = "[]") -> String {
        """
        {
         "v1": {
          "datasource": "DataSourceNoCloud [seed=/dev/sr0][dsmode=net]",
          "init": {"errors": \(errors), "finished": 1795411646.7304027, "start": 1795411640.1414526},
          "init-local": {"errors": [], "finished": 1795411631.9, "start": 1795411627.9},
          "modules-config": {"errors": ["later"], "finished": null, "start": 1795411658.2},
          "modules-final": {"errors": [], "finished": \(final), "start": null},
          "modules-init": {"errors": [], "finished": null, "start": null},
          "stage": null
         }
        }
        """
    }

    @Test func statusFilesOfCloudInit() {
        #expect(report(file(final: "null")) == CloudInitReport(.running))
        #expect(report(file(final: "1795411672.6")) == CloudInitReport(.error, error: "later"))
        #expect(report(file(final: "1", errors: "[\"first\", \"second\"]")) == CloudInitReport(.error, error: "first"))
        let good = #"{"v1": {"modules-final": {"errors": [], "finished": 1}}}"#
        #expect(report(good) == CloudInitReport(.done))
        #expect(report(#"{"v1": {}}"#) == CloudInitReport(.running), "before its first stage")
    }

    @Test(arguments: ["", "{}", "[]", "null", #"{"v1": 1}"#, #"{"v1": {"init": {"errors": "no"}}}"#, "\u{0}", "{\""])
    func whatIsNone(text: String) {
        #expect(report(text) == nil)
    }

    @Test func longWordsAreCut() {
        let long = String(repeating: "x", count: 10_000)
        #expect(report(file(final: "1", errors: "[\"\(long)\"]"))?.error?.count == 300)
    }
}
