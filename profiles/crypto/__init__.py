"""Cryptographic primitives by their object identifiers, behind typed errors."""
