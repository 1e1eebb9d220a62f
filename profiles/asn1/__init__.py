"""ASN.1 modules of the upper layers, and the one way to encode and decode with them."""
