import InPlace
import Instance

/// The Redis that the backend uses.
package enum InstanceRedis {
    /// Empties the database that the backend uses, and no other of that server.
    ///
    /// - Throws: `InPlaceFault.redisUnknown`, `.redisUnreachable`.
    package static func empty(_ instance: InstanceAccess) throws {
        let surroundings = instance.surroundings
        switch try RedisAddress.find(instance) {
        case .notConfigured(let reason): throw InPlaceFault.redisUnknown(reason)
        case .unknown(let reason): throw InPlaceFault.redisUnreachable(reason)
        case .endpoint(let endpoint):
            var connection = try RedisConnection.open(
                endpoint, effects: surroundings.effects, cancellation: surroundings.cancellation, seconds: 20)
            try connection.flushDatabase()
        }
    }

    /// Whether it could be emptied, by asking; or, where it is kept as it is, whether its address can be looked for.
    package static func require(_ instance: InstanceAccess, isKept: Bool) throws {
        if isKept { _ = try RedisAddress.find(instance) } else { try requireAnswer(instance) }
    }

    /// Whether it could be emptied, by asking.
    package static func requireAnswer(_ instance: InstanceAccess) throws {
        switch try RedisAddress.find(instance) {
        case .notConfigured(let reason): throw InPlaceFault.redisUnknown(reason)
        case .unknown(let reason): throw InPlaceFault.redisUnreachable(reason)
        case .endpoint(let endpoint):
            let surroundings = instance.surroundings
            do {
                var connection = try RedisConnection.open(
                    endpoint, effects: surroundings.effects, cancellation: surroundings.cancellation, seconds: 5)
                try connection.ping()
            } catch {
                if case .interrupted = error { throw error }
                throw InPlaceFault.redisUnreachable(error.message)
            }
        }
    }
}
