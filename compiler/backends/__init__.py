"""Readers of the typed tree that write it in another format: bmv2/ (after the passes), p4info/ (before them)."""
