"""TLS as a machine without sockets: the interface that every implementation of it has."""
