"""`p4gate top`: what a running switch does now.

Two snapshots of the debug service (switch/stats.py) -> rates.py -> view.py for terminals, lines.py for pipes; cli.py
asks and shows.
"""
