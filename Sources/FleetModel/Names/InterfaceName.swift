/// Names of network interfaces on a host: `lg`, a letter for what it is, and ten digits of a hash; 13 characters,
/// since some DHCP clients fail over more. The readable name is in the interface's alias.
public enum InterfaceName {
    /// What every interface of every Lodge instance starts with.
    public static let prefix = "lg"

    public static func bridge(_ instance: InstanceID, network: ObjectID) -> String {
        "lgb" + Digest(of: "\(instance)/\(network)").text.prefix(10)
    }

    public static func tap(_ instance: InstanceID, guest: ObjectID, nic: Name) -> String {
        "lgt" + Digest(of: "\(instance)/\(guest)/\(nic)").text.prefix(10)
    }
}
