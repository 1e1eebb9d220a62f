"""What gives the machines of profiles sockets and a clock."""
