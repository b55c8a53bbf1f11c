"""`p4gate trace`: from the command line to traces on the terminal.

cli.py has the options; offline.py traces on a program and entries from files, live.py on a running switch by its debug
service; summary.py is the table for many packets.
"""
