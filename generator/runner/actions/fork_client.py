"""Has the fork server run a script of a stand-in: `python fork_client.py SOCKET SCRIPT`.

Imports nothing that takes time to import: it is started for each step that uses an
action. Where nobody listens, Python runs the script itself.
"""

import _socket
import posix
import sys

CONNECTION_LOST = 1


def main() -> int:
    """Run the script; return its exit code."""
    address, script = sys.argv[1:]
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(address)
    except OSError:
        posix.execv(sys.executable, [sys.executable, "-I", "-S", script])
    parts = [posix.getcwdb(), script.encode()]
    for name, value in posix.environ.items():
        parts.append(name + b"=" + value)
    payload = b"\0".join(parts)
    descriptors = b""
    for number in range(3):
        descriptors += number.to_bytes(4, sys.byteorder)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)]
    connection.sendmsg([len(payload).to_bytes(8, "big")], rights)
    connection.sendall(payload)
    answer = connection.recv(1)
    if not answer:
        return CONNECTION_LOST
    return answer[0]


if __name__ == "__main__":
    sys.exit(main())
