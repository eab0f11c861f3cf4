import Dispatch
import Glibc
import Reconciler

/// Ctrl-C, and what a pipeline sends when it is cancelled: the first is a wish to stop, the second ends the process.
final class Interruption {
    let stop: StopRequest
    private let sources: [any DispatchSourceSignal]

    init(_ stop: StopRequest) {
        self.stop = stop
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                // The agents see their input end, finish the step that they are at, and leave.
                if stop.isMade { _exit(130) }
                stop.make()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
