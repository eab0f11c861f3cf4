import Testing

@testable import Netlink

@Suite("Addresses as text")
struct AddressValueTests {
    @Test(arguments: ["52:54:00:ab:cd:ef", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"])
    func hardwareAddress(text: String) {
        #expect(HardwareAddress(text)?.description == text)
    }

    @Test(arguments: ["", "52:54:00:ab:cd", "52:54:00:ab:cd:ef:01", "5:54:00:ab:cd:ef", "+2:54:00:ab:cd:ef", "52-54"])
    func notAHardwareAddress(text: String) {
        #expect(HardwareAddress(text) == nil)
    }

    @Test(
        arguments: [("0.0.0.0", 0), ("10.0.0.1", 0x0A00_0001), ("255.255.255.255", 0xFFFF_FFFF)] as [(String, UInt32)])
    func internetAddress(text: String, value: UInt32) {
        #expect(InternetAddress(text)?.rawValue == value)
        #expect(InternetAddress(rawValue: value).description == text)
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "10..0.1", "+1.0.0.1", "1.0.0.1 "])
    func notAnInternetAddress(text: String) {
        #expect(InternetAddress(text) == nil)
    }

    @Test func prefix() {
        #expect(InternetPrefix("10.77.0.1/24")?.length == 24)
        #expect(InternetPrefix("10.77.0.1/24")?.description == "10.77.0.1/24")
        for text in ["10.77.0.1", "10.77.0.1/33", "10.77.0.1/-1", "10.77.0.1/", "10.77.0/24", "10.77.0.1/+8"] {
            #expect(InternetPrefix(text) == nil, "\(text)")
        }
    }
}
