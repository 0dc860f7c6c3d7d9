"""What an agent may use during a call. A tool returns a result; it never touches a leg."""
