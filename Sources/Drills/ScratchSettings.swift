import DurableFiles
import Effects
import Glibc

/// Settings of a server whose data may be lost at any moment, sized by the memory that is free.
enum ScratchSettings {
    /// - Parameters:
    ///   - connections: how many the drill opens at once.
    ///   - memory: free bytes of the machine.
    static func make(marker: String, connections: Int, memory: Int) -> [String: String] {
        let mebibytes = memory >> 20
        return [
            ScratchIdentity.setting: marker,
            // Nothing waits for the disk, and no log is written for anybody else.
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
            "max_wal_senders": "0", "wal_init_zero": "off", "wal_recycle": "off", "min_wal_size": "32MB",
            "max_wal_size": "128MB", "checkpoint_timeout": "1h", "autovacuum": "off", "jit": "off",
            // Its files lie in memory, or in the system's cache: more is copied twice, and every page has to be made first.
            // So the next page costs no more than any other.
            "random_page_cost": "1",
            "shared_buffers": "\(min(max(mebibytes / 8, 32), 128))MB",
            "maintenance_work_mem": "\(min(max(mebibytes / 16, 32), 512))MB",
            "max_connections": String(connections + 10),
            // The sessions keep that many cores busy by themselves; what workers hand over to each other is extra work.
            "max_parallel_workers": String(max(0, Threads.cores - connections)),
            // Its shared memory lies in the cluster's folder, and goes with it.
            "dynamic_shared_memory_type": "mmap",
            // Values of rows do not belong in a log.
            "log_min_error_statement": "panic", "log_error_verbosity": "terse",
        ]
    }

    /// Bytes that programs may still use; 1 GiB where the system does not say.
    static func freeMemory(_ files: Files) -> Int {
        let fallback = 1 << 30
        let text: [UInt8]
        // A system without /proc has the server all the same.
        do { text = try files.read("/proc/meminfo", limit: 1 << 16) } catch { return fallback }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "MemAvailable:", words.count > 1, let kibibytes = Int(words[1]) {
                return kibibytes << 10
            }
        }
        return fallback
    }
}
