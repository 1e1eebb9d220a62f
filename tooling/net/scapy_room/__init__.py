"""The one room where scapy (GPL-2.0-only) is imported, and only inside functions: nothing else needs it.

``reading`` opens captures made outside, ``stimuli`` makes TCP segments that no socket would send, ``fields``
describes TPKT, COTP and session PDUs as fields.
"""
