"""BMv2 JSON -> a typed program (frozen dataclasses), or BadProgram with one line that says where and why.

load.py is the door; it calls the section readers in the order in which names become known: headers.py, objects.py
(arrays, lists, calculations), expressions.py, actions.py, parsers.py, pipelines.py. node.py walks the JSON and keeps
the path for messages. program/ is what comes out.
"""

from switch.bmv2_json.load import load_program, read_json

__all__ = ["load_program", "read_json"]
