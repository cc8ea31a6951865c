import Glibc
import TestSupport

/// A backend that is a process of its own under a supervisor which starts another one as soon as it ends.
final class RespawningBackend {
    let port: Int
    /// A command that ends the process and comes back when the next one listens.
    let respawn: String
    private let folder: TemporaryFolder

    init(_ bench: Bench) throws {
        folder = bench.folder
        try folder.write(
            "backend.py",
            """
            import http.server, os, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    body = b'\(LocalServers.status)' if self.path == '/api/status' else b'{}'
                    self.send_response(200)
                    self.send_header('Content-Type', 'application/json')
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *words): pass
            server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
            with open('pid.new', 'w') as file: print(os.getpid(), server.server_port, file=file)
            os.rename('pid.new', 'pid')
            server.serve_forever()

            """)
        let start = { (port: String) in
            "cd '\(bench.folder.path)' && rm -f pid && { setsid python3 backend.py \(port) </dev/null >/dev/null 2>&1 & } "
                + "&& until [ -f pid ]; do sleep 0.05; done"
        }
        try bench.shell(start("0"))
        guard let port = Int(try folder.line("pid").split(separator: " ")[1]) else { throw TestProblem("no port") }
        self.port = port
        respawn =
            "cd '\(bench.folder.path)' && read -r id rest <pid && kill $id && while kill -0 $id 2>/dev/null; do sleep 0.05; "
            + "done\n\(start("\(port)"))"
    }

    deinit {
        _ = folder.run("read -r id rest <pid && kill $id")
    }
}
