package import Instance
import Postgres
import Settings

/// Where the instance's Redis is reached from here.
package enum RedisAddress {
    case endpoint(RedisEndpoint)
    /// Nothing says where it is.
    case notConfigured(String)
    /// It is not known, and why.
    case unknown(String)

    package static func find(_ instance: InstanceAccess) throws -> RedisAddress {
        let container = instance.containers?[.redis]
        guard let setting = instance.configuration.redis else {
            guard let container else { return .notConfigured("REDIS_URL is not set, and Redis has no container here") }
            return address(container, 6379, nil, instance)
        }
        let nodes = "which this program does not support; the answers of the backend show whether it works"
        switch setting {
        case .cluster(let hosts): return .unknown("it is a cluster (\(hosts.origin)), \(nodes)")
        case .sentinel(let hosts): return .unknown("it is reached through Sentinel (\(hosts.origin)), \(nodes)")
        case .url(let url):
            guard let redis = RedisURL(url.value) else {
                return .unknown("REDIS_URL (\(url.origin)) is not an address of the form redis://host:port")
            }
            guard let container, container.hostNames.contains(redis.host) else {
                return .endpoint(endpoint(redis.host, redis.port, redis, instance))
            }
            return address(container, redis.port, redis, instance)
        }
    }

    private static func address(
        _ container: Container, _ port: Int, _ url: RedisURL?, _ instance: InstanceAccess
    ) -> RedisAddress {
        if let address = container.address(of: port, from: instance.discovery.viewpoint) {
            return .endpoint(endpoint(address.host, address.port, url, instance))
        }
        return .unknown(
            container.state == .running
                ? "the container \(container.name) is attached to no network"
                : "the container \(container.name) is \(container.state.rawValue)")
    }

    private static func endpoint(
        _ host: String, _ port: Int, _ url: RedisURL?, _ instance: InstanceAccess
    ) -> RedisEndpoint {
        let certificates = url?.usesTLS == true ? NodeAuthorities(instance).all()?.pem : nil
        return RedisEndpoint(
            host: host, port: port, user: url?.user, password: url?.password, database: url?.database ?? 0,
            usesTLS: url?.usesTLS ?? false, certificateName: url.flatMap { $0.host == host ? nil : $0.host },
            certificates: certificates, authorityNote: instance.authorityNote)
    }
}
