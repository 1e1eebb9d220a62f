"""RFC 1006 and transport class 0."""
