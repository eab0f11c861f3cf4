// Times reading a manifest inside one process: from bytes in memory to the desired fleet.
//
// Usage: read-manifests FILE ROUNDS
// Prints the least and the median milliseconds of a round.
import Glibc
import ManifestReader

guard CommandLine.arguments.count == 3, let rounds = Int(CommandLine.arguments[2]), rounds > 0,
    let file = fopen(CommandLine.arguments[1], "rb"), let folder = getcwd(nil, 0)
else {
    print("usage: read-manifests FILE ROUNDS")
    exit(64)
}
fseek(file, 0, SEEK_END)
var bytes = [UInt8](repeating: 0, count: ftell(file))
rewind(file)
guard fread(&bytes, 1, bytes.count, file) == bytes.count else { exit(1) }

var times: [Double] = []
for _ in 0..<rounds {
    let start = ContinuousClock.now
    let reading = readManifests(
        [.text(bytes, file: CommandLine.arguments[1], folder: String(cString: folder))], requireFleet: true)
    times.append(start.duration(to: .now) / .milliseconds(1))
    guard reading.fleet != nil else {
        print(reading.diagnostics.map(\.summary).joined(separator: "\n"))
        exit(1)
    }
}
times.sort()
print("\(times[0]) \(times[times.count / 2])")
