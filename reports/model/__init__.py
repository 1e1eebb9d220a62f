"""Verdict, check, observation and the event log of a run."""
