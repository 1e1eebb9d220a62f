"""What the command line and the pytest plug-in share: inputs, execution of a run, its reports."""
