"""The environments that SecPDUs travel in."""
