package import Instance
import Settings

/// Where the instance's Redis is reached from here.
package enum RedisAddress {
    case endpoint(RedisEndpoint)
    /// It is not known, and why.
    case unknown(String)

    package static func find(_ instance: InstanceAccess) throws -> RedisAddress {
        let configuration = instance.configuration
        let container = instance.containers?[.redis]
        guard let url = configuration.instance.redisURL ?? configuration.running?.redisURL else {
            guard let container,
                let address = container.address(of: 6379, from: instance.discovery.viewpoint)
            else { return .unknown("REDIS_URL is not set, and there is no container to ask") }
            return .endpoint(endpoint(address.host, address.port, nil))
        }
        guard let redis = RedisURL(url.value) else {
            return .unknown("REDIS_URL (\(url.origin)) is no address of the form redis://host:port")
        }
        guard let container, container.hostNames.contains(redis.host) else {
            return .endpoint(endpoint(redis.host, redis.port, redis))
        }
        guard let address = container.address(of: redis.port, from: instance.discovery.viewpoint)
        else { return .unknown("the container \(container.name) is attached to no network") }
        return .endpoint(endpoint(address.host, address.port, redis))
    }

    private static func endpoint(_ host: String, _ port: Int, _ url: RedisURL?) -> RedisEndpoint {
        RedisEndpoint(
            host: host, port: port, user: url?.user, password: url?.password, database: url?.database ?? 0,
            usesTLS: url?.usesTLS ?? false)
    }
}
