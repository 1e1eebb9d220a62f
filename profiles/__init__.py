"""What the standard says, as code without sockets, clocks or randomness of its own."""
