"""JSON, JUnit and HTML, made from the model alone."""
