"""The systematic part of a campaign: every field of every PDU at its borders, whatever chance would do."""
