"""Certificates, paths and revocation: what is read from them and what is checked."""
