import Testing

@testable import Postgres

@Suite struct StartupOptionsTests {
    @Test(
        arguments: [
            ("", ""), ("  -c  a=b\t", "-c a=b"), ("-c a=b\\ c", "-c a=b\\ c"), ("a\\\\b", "a\\\\b"), ("end\\", "end"),
            ("-c\\\na=1", "-c\\\na=1"), ("\\-c x", "-c x"), ("\\ ", "\\ "),
        ])
    func `options are read and written as the server splits them`(text: String, expected: String) {
        #expect(StartupOptions(text).text == expected)
        #expect(StartupOptions(StartupOptions(text).text).text == expected)
    }

    @Test func `pins stand behind what the address asks for`() {
        let endpoint = Endpoint(
            host: "h", database: "d", user: "u", parameters: ["options": "-c search_path=a,b -c work_mem=1MB\\"])
        let text = endpoint.startupOptions(.writing)
        #expect(text.hasPrefix("-c search_path=a,b -c work_mem=1MB -c role=none -c search_path= -c "))
        #expect(text.contains("-c datestyle=ISO,\\ MDY "))
        #expect(text.contains("default_transaction_read_only=off"))
        #expect(!endpoint.startupOptions(.reading).contains("default_transaction_read_only"))
    }
}
