# An instance without containers for measuring rotations: a Redis, and a backend that answers that it is well while the file
# FOLDER/down is not there. To be sourced; instance_start FOLDER writes FOLDER/rotate.yaml, instance_stop ends both.
# shellcheck shell=bash

instance_start() { # FOLDER ENV_FILE
    local folder=$1 env_file=$2 backend redis
    read -r backend redis < <(python3 -c '
import socket
ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[port.getsockname()[1] for port in ports])')
    redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$folder" >"$folder/redis.log" 2>&1 &
    instance_processes=$!
    python3 - "$backend" "$folder/down" >"$folder/backend.log" 2>&1 <<'PYTHON' &
import http.server, os, sys

class Backend(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if os.path.exists(sys.argv[2]):
            self.close_connection = True
            return
        body = b'{"date":"2026-01-01T00:00:00.000Z","message":"Ok"}'
        self.send_response(200 if self.path == "/api/status" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Backend).serve_forever()
PYTHON
    instance_processes="$instance_processes $!"
    printf 'REDIS_URL=redis://127.0.0.1:%s\n' "$redis" >>"$env_file"
    cat >"$folder/rotate.yaml" <<YAML
instance:
  env_file: $env_file
  containers: none
  url: http://127.0.0.1:$backend
  commands:
    stop: [/usr/bin/touch, "$folder/down"]
    start: [/bin/rm, -f, "$folder/down"]
YAML
    for _ in $(seq 50); do
        if curl -fsS -m 1 "http://127.0.0.1:$backend/api/status" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo 'bench: the backend did not come up' >&2
    return 1
}

instance_stop() {
    # shellcheck disable=SC2086 # one word a process
    [ -z "${instance_processes:-}" ] || kill $instance_processes 2>/dev/null || true
}
