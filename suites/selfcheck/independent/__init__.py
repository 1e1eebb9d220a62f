"""A second implementation of native mode over OSI, written from the project's specification pages alone.

The tester and the reference device share their protocol code, so they would agree on a misreading. This peer
was written by somebody who had not read that code, as the implementations of users are: where the two
disagree, the pages or one of them is wrong. It keeps its worth only as long as it imports nothing of
``conform62351`` outside this package, above all nothing from ``profiles``; a contract of import-linter holds
it to that.

It is strict: what the pages forbid raises :class:`~.errors.Broken` with the rule, and what they merely let a
reader tolerate is noted, so that a test can ask for an exchange without notes.
"""
