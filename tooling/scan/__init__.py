"""What a TLS endpoint offers: a device as server is asked, a device as client is listened to."""
