"""TLS 1.0 to 1.2 as a sans-IO machine that measures others; nothing in it protects anything.

It does what libraries have given up or never let a caller do: static Diffie-Hellman, 3DES, RC4, NULL,
messages altered, withheld, doubled and sent at the wrong time, keys in the clear for captures. Secrets are
neither wiped nor guarded against whoever can measure time or read memory: use it on test networks with test
keys only.
"""
