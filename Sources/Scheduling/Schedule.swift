/// What a host does by itself, and when.
package struct Schedule: Sendable, Equatable {
    package enum Job: String, CaseIterable, Sendable {
        /// A backup, and a check that what it wrote can be read.
        case backup
        case drill

        /// When it is run where nobody says otherwise: at times that do not meet.
        package var standard: RunTime {
            switch self {
            case .backup: RunTime(hours: [3], minute: 23)
            case .drill: RunTime(weekdays: [7], hours: [5], minute: 41)
            }
        }
    }

    /// Without those that are not run.
    package let times: [Job: RunTime]

    package init(_ times: [Job: RunTime]) { self.times = times }

    package static let standard = Schedule(
        Dictionary(uniqueKeysWithValues: Job.allCases.map { ($0, $0.standard) }))

    /// Those that are run, in the order in which they are told.
    package var jobs: [(job: Job, time: RunTime)] {
        Job.allCases.compactMap { job in times[job].map { (job, $0) } }
    }
}
