"""The proof that the tests can fail: every case against devices that are wrong on purpose."""
