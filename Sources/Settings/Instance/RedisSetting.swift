package import Secrets

/// How an environment says where Redis is. Infisical takes `REDIS_URL` where that is set, then a cluster, then Sentinel.
package enum RedisSetting: Sendable {
    case url(Sourced<Secret>)
    /// `REDIS_CLUSTER_HOSTS`
    case cluster(Sourced<Secret>)
    /// `REDIS_SENTINEL_HOSTS`
    case sentinel(Sourced<Secret>)

    package var value: Sourced<Secret> {
        switch self {
        case .url(let value), .cluster(let value), .sentinel(let value): value
        }
    }

    /// The address of a single server; nil for several, and for a text that is no address.
    package var address: RedisURL? {
        if case .url(let value) = self { RedisURL(value.value) } else { nil }
    }
}

extension ResolvedConfiguration {
    /// What the backend works with; before it is there, what the env files say.
    package var redis: RedisSetting? { running?.redis ?? instance.redis }

    /// `NODE_EXTRA_CA_CERTS`, which node.js reads when it starts: of a backend that runs, what its container was made with.
    package var extraAuthorities: Sourced<String>? { running.map { $0.extraAuthorities } ?? instance.extraAuthorities }
}
