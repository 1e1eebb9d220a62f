"""Session, presentation and ACSE, and the association machine over them."""
